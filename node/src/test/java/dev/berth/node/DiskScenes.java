package dev.berth.node;

import static dev.berth.node.NodeWorld.json;
import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.core.binding.WipeProtocol;
import dev.berth.core.model.Json;
import dev.berth.core.model.PersistentVolume;
import dev.berth.core.model.PersistentVolumeClaim;
import dev.berth.core.model.Quantity;
import dev.berth.core.model.ResourceTypes;
import dev.berth.core.model.WipeMethod;
import dev.berth.core.provision.ProvisionProtocol;
import dev.berth.core.registry.Resources;
import dev.berth.node.FaultScene.Part;
import dev.berth.node.FaultScene.Phase;
import dev.berth.node.disk.LoopDisks;
import dev.berth.node.plugin.LocalVolumes;
import dev.berth.node.plugin.LoopVolumes;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The scenes of volumes that keep their data on a disk or in an image. */
final class DiskScenes {
  private static final long MIB = 1 << 20;
  private static final long DISK = 32 * MIB;
  private static final String CLAIMED =
      "{'name':'data','persistentVolumeClaim':{'claimName':'claim'}}";
  private static final String RAW =
      "{'containers':[{'name':'main','image':'host',"
          + "'volumeDevices':[{'name':'data','devicePath':'/dev/xvda'}]}]}";
  private static final String PART =
      "{'securityContext':{'fsGroup':4711},'containers':[{'name':'main','image':'host',"
          + "'volumeMounts':[{'name':'data','mountPath':'/data','subPath':'part'}]}]}";

  private DiskScenes() {}

  static FaultScene disk() {
    var phases =
        FaultScenes.life(CLAIMED, PART, cell -> cell.keeps(cell.world().mountOf(cell.pod(), "pv")));
    phases.add(
        1,
        growth(
            cell -> {
              cell.host().enlarge("disk", 2 * DISK);
              askForMore(cell);
            }));
    phases.set(3, grown(phases.get(3)));
    phases.add(wipe());
    return new FaultScene(
        "local disk",
        LocalVolumes.NAME,
        cell -> {
          expandable(cell);
          var device = cell.host().disk("disk", DISK);
          cell.world()
              .volume(
                  "pv", device, DISK, spec -> spec.put("persistentVolumeReclaimPolicy", "Delete"));
          cell.world().boundClaim("claim", "pv");
        },
        phases);
  }

  private static Phase wipe() {
    Part request =
        cell ->
            released(
                cell,
                "{'%s': 'requested/7', '%s': '%s', '%s': '%s'}"
                    .formatted(
                        WipeProtocol.WIPE,
                        WipeProtocol.WIPE_NODE,
                        NodeWorld.NODE,
                        WipeMethod.ANNOTATION,
                        WipeMethod.ZERO.word()));
    Part isZero =
        cell -> {
          answered(cell, WipeProtocol.WIPE, "done/7");
          var bytes = Long.toString(cell.host().bytes("disk"));
          LoopDisks.run("cmp", "-n", bytes, link(cell).toString(), "/dev/zero");
        };
    return new Phase("reclaim", request, isZero).only("reclaim");
  }

  /** The claim has gone, and the node is told what to do with the storage. */
  private static void released(FaultCell cell, String annotations) {
    var world = cell.world();
    world.patch(
        ResourceTypes.VOLUME,
        "pv",
        Resources.STATUS,
        "{'status': {'phase': '%s'}}".formatted(PersistentVolume.RELEASED));
    world.patch(
        ResourceTypes.VOLUME,
        "pv",
        Resources.OBJECT,
        "{'metadata': {'annotations': %s}}".formatted(annotations));
  }

  private static void answered(FaultCell cell, String annotation, String answer) {
    cell.await(
        () ->
            assertThat(cell.world().volume("pv").metadata().annotations())
                .as("told: %s", cell.told())
                .containsEntry(annotation, answer));
  }

  private static Path link(FaultCell cell) {
    return cell.host().named("disk");
  }

  static FaultScene block() {
    var phases = FaultScenes.life(CLAIMED, RAW, DiskScenes::keepsRaw);
    return new FaultScene(
        "local block device",
        LocalVolumes.NAME,
        cell -> {
          var device = cell.host().disk("disk", DISK);
          cell.world().volume("pv", device, DISK, spec -> spec.put("volumeMode", "Block"));
          cell.world()
              .create(
                  ResourceTypes.CLAIM,
                  json(
                      """
                      {'metadata':{'name':'claim'},'spec':{'accessModes':['ReadWriteOnce'],
                        'storageClassName':'local-storage','volumeMode':'Block',
                        'resources':{'requests':{'storage':'1Mi'}}}}"""));
          cell.world().bind("claim", "pv");
        },
        phases);
  }

  /** What the pod writes to its device is on the disk, at whichever number. */
  private static void keepsRaw(FaultCell cell) throws IOException {
    var data = "data of the pod".getBytes(StandardCharsets.US_ASCII);
    var device = cell.containers().started().getLast().devices().getFirst().hostPath();
    if (cell.writesFirst()) {
      try (var file = new RandomAccessFile(device.toFile(), "rws")) {
        file.write(data);
      }
    }
    for (var path : List.of(device, link(cell))) {
      try (var disk = new RandomAccessFile(path.toFile(), "r")) {
        var found = new byte[data.length];
        disk.readFully(found);
        assertThat(found).as("at %s", path).isEqualTo(data);
      }
    }
  }

  static FaultScene directory() {
    return new FaultScene(
        "local directory",
        LocalVolumes.NAME,
        cell -> {
          var device = cell.host().disk("disk", DISK);
          LoopDisks.run("mkfs.ext4", "-q", device.toString());
          var place = Files.createDirectory(cell.host().directory().resolve("place"));
          cell.host().mount("disk", place);
          cell.world().volume("pv", place, 16 * MIB);
          cell.world().boundClaim("claim", "pv");
        },
        FaultScenes.life(
            CLAIMED,
            FaultScenes.GROUP,
            cell -> cell.keeps(cell.world().mountOf(cell.pod(), "pv"))));
  }

  static FaultScene image() {
    Part keeps = cell -> cell.keeps(FaultScenes.volume(cell, "loop.berth.dev/pv"));
    var phases = new ArrayList<Phase>();
    phases.add(
        new Phase(
            "provision",
            DiskScenes::askForImage,
            cell -> {
              cell.await(() -> made(cell));
              assertThat(image(cell)).hasSize(DISK);
            }));
    var life = FaultScenes.life(CLAIMED, FaultScenes.GROUP, keeps);
    phases.add(
        new Phase(
            "first",
            cell -> {
              cell.world().boundClaim("claim", "pv");
              life.getFirst().act().with(cell);
            },
            life.getFirst().check()));
    phases.add(growth(DiskScenes::askForMore));
    phases.add(life.get(1));
    phases.add(grown(life.get(2)));
    phases.add(life.getLast());
    phases.add(
        new Phase(
                "reclaim",
                cell ->
                    released(cell, "{'%s': 'removal/9'}".formatted(ProvisionProtocol.PROVISION)),
                cell -> {
                  answered(cell, ProvisionProtocol.PROVISION, "removed/9");
                  assertThat(image(cell)).doesNotExist();
                })
            .only("reclaim"));
    return new FaultScene("loop image", LoopVolumes.NAME, DiskScenes::expandable, phases);
  }

  /** A node that fails says so, and is asked again by whoever wants the volume. */
  private static void made(FaultCell cell) {
    var answer =
        cell.world().volume("pv").metadata().annotations().get(ProvisionProtocol.PROVISION);
    if ("failed/7".equals(answer)) {
      assertThat(image(cell)).doesNotExist();
      cell.world()
          .patch(
              ResourceTypes.VOLUME,
              "pv",
              Resources.OBJECT,
              "{'metadata': {'annotations': {'%s': 'requested/8'}}}"
                  .formatted(ProvisionProtocol.PROVISION));
    }
    assertThat(answer).isIn("made/7", "made/8");
  }

  private static void expandable(FaultCell cell) {
    cell.world()
        .create(
            ResourceTypes.CLASS,
            json(
                """
                {'metadata': {'name': 'local-storage'}, 'provisioner': 'loop.berth.dev',
                  'allowVolumeExpansion': true}"""));
  }

  /** The kernel may not grow it while it is mounted: then the next mount does. */
  private static Phase growth(Part act) {
    return new Phase(
            "growth",
            act,
            cell -> {
              cell.await(
                  () ->
                      assertThat(claim(cell).status().conditions())
                          .allSatisfy(
                              condition ->
                                  assertThat(condition.message())
                                      .contains("when the volume is mounted next")));
              cell.runs();
            })
        .only("again");
  }

  /** As large as its claim has asked for, if it has; or its claim says why not yet. */
  private static Phase grown(Phase phase) {
    Part check =
        cell -> {
          phase.check().with(cell);
          cell.await(
              () -> {
                var claim = claim(cell);
                if (bytes(claim.spec().resources().requests()) == 2 * DISK
                    && bytes(claim.status().capacity()) != 2 * DISK) {
                  assertThat(claim.status().conditions())
                      .singleElement()
                      .satisfies(why -> assertThat(why.message()).contains("mounted next"));
                }
              });
        };
    return new Phase(phase.name(), phase.act(), check, phase.before());
  }

  private static long bytes(Map<String, Quantity> amounts) {
    return amounts.getOrDefault("storage", Quantity.ZERO).ceiling();
  }

  private static PersistentVolumeClaim claim(FaultCell cell) {
    return Json.view(
        cell.world().api().get(ResourceTypes.CLAIM, NodeWorld.NAMESPACE, "claim").document(),
        PersistentVolumeClaim.class);
  }

  private static Path image(FaultCell cell) {
    return cell.pool().resolve("pv.img");
  }

  private static void askForImage(FaultCell cell) {
    cell.world()
        .create(
            ResourceTypes.VOLUME,
            json(
                """
                {'metadata': {'name': 'pv', 'annotations': {'%s': 'requested/7', '%s': '%s'}},
                 'spec': {
                  'capacity': {'storage': '%d'}, 'accessModes': ['ReadWriteOnce'],
                  'persistentVolumeReclaimPolicy': 'Delete', 'storageClassName': 'local-storage',
                  'csi': {'driver': 'loop.berth.dev', 'volumeHandle': 'pv', 'fsType': 'ext4'},
                  'nodeAffinity': {'required': {'nodeSelectorTerms': [{'matchExpressions': [
                    {'key': 'kubernetes.io/hostname', 'operator': 'In', 'values': ['%s']}]}]}}}}"""
                    .formatted(
                        ProvisionProtocol.PROVISION,
                        ProvisionProtocol.NODE,
                        NodeWorld.NODE,
                        DISK,
                        NodeWorld.NODE)));
  }

  private static void askForMore(FaultCell cell) {
    var world = cell.world();
    world.patch(
        ResourceTypes.CLAIM,
        "claim",
        Resources.OBJECT,
        "{'spec': {'resources': {'requests': {'storage': '%d'}}}}".formatted(2 * DISK));
    world.patch(
        ResourceTypes.VOLUME,
        "pv",
        Resources.OBJECT,
        "{'spec': {'capacity': {'storage': '%d'}}}".formatted(2 * DISK));
    world.patch(
        ResourceTypes.CLAIM,
        "claim",
        Resources.STATUS,
        "{'status': {'conditions': [{'type': 'FileSystemResizePending', 'status': 'True'}]}}");
  }
}
