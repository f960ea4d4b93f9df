package dev.berth.node;

import static dev.berth.node.NodeWorld.json;
import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.core.model.ResourceTypes;
import dev.berth.core.registry.Resources;
import dev.berth.node.FaultScene.Part;
import dev.berth.node.FaultScene.Phase;
import dev.berth.node.disk.LoopDisks;
import dev.berth.node.plugin.EmptyDirs;
import dev.berth.node.plugin.FileVolumes;
import dev.berth.node.plugin.HostPaths;
import dev.berth.node.plugin.NfsVolumes;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;

/** A scene for each kind of volume. */
final class FaultScenes {
  /** The pod's files belong to a group. */
  static final String GROUP = "{'securityContext':{'fsGroup':4711}}";

  /** What comes before the storage itself is taken back. */
  private static final String[] LIFE = {
    "provision", "first", "growth", "refresh", "removal", "again", "end"
  };

  private FaultScenes() {}

  static List<FaultScene> all() {
    return List.of(
        DiskScenes.disk(),
        DiskScenes.block(),
        DiskScenes.directory(),
        DiskScenes.image(),
        hostPath(),
        scratch("emptyDir", "{}", true),
        scratch("emptyDir in memory", "{'medium':'Memory'}", false),
        nfs(),
        files(
            "configMap",
            FileVolumes.Kind.CONFIG_MAP,
            "{'name':'data','configMap':{'name':'app'}}",
            "configmap"),
        files(
            "secret",
            FileVolumes.Kind.SECRET,
            "{'name':'data','secret':{'secretName':'app'}}",
            "secret"),
        files(
            "projected",
            FileVolumes.Kind.PROJECTED,
            "{'name':'data','projected':{'sources':[{'configMap':{'name':'app'}},"
                + "{'secret':{'name':'app','items':[{'key':'a','path':'s'}]}}]}}",
            "projected"),
        downward());
  }

  /** The pod appears, with its volume, and disappears, and all of it again. */
  static List<Phase> life(String volume, String spec, Part check) {
    Part pod = cell -> cell.pod("p", volume, spec);
    Part runs =
        cell -> {
          cell.runs();
          check.with(cell);
        };
    var phases = new ArrayList<Phase>();
    phases.add(new Phase("first", pod, runs));
    phases.add(removal("removal"));
    phases.add(new Phase("again", pod, runs).only(LIFE));
    phases.add(removal("end").only(LIFE));
    return phases;
  }

  private static Phase removal(String name) {
    return new Phase(name, cell -> cell.world().deletePod("p"), FaultCell::isGone);
  }

  /** Where the pod sees its volume. */
  static Path volume(FaultCell cell, String place) {
    return cell.world()
        .root()
        .resolve("pods/%s/volumes/%s".formatted(cell.pod().metadata().uid(), place));
  }

  private static FaultScene hostPath() {
    // The path is the host's own, which the pod's definition has to name.
    var phases = new ArrayList<Phase>();
    for (var phase : life("", "", cell -> cell.keeps(shared(cell)))) {
      phases.add(
          phase.name().equals("first") || phase.name().equals("again")
              ? new Phase(
                  phase.name(),
                  cell ->
                      cell.pod(
                          "p",
                          "{'name':'data','hostPath':{'path':'%s','type':'DirectoryOrCreate'}}"
                              .formatted(shared(cell)),
                          "{}"),
                  phase.check())
              : phase);
    }
    return new FaultScene("hostPath", HostPaths.NAME, cell -> {}, phases);
  }

  private static Path shared(FaultCell cell) {
    return cell.host().own().resolve("shared/directory");
  }

  private static FaultScene scratch(String name, String source, boolean onDisk) {
    return new FaultScene(
        name,
        EmptyDirs.NAME,
        cell -> {},
        life(
            "{'name':'data','emptyDir':%s}".formatted(source),
            GROUP,
            cell -> cell.keepsForItsPod(volume(cell, "kubernetes.io~empty-dir/data"), onDisk)));
  }

  private static FaultScene nfs() {
    return new FaultScene(
        "nfs",
        NfsVolumes.NAME,
        cell -> {
          // A tmpfs in the name of the share: this kernel may have no NFS.
          var program =
              Files.writeString(
                  Files.createDirectory(cell.tools()).resolve("mount"),
                  """
                  #!/bin/sh
                  if [ "$2" != nfs ]; then exec /bin/mount "$@"; fi
                  if [ "$3" = -o ]; then shift 2; fi
                  exec /bin/mount -t tmpfs -- "$4" "$5"
                  """);
          Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
        },
        life(
            "{'name':'data','nfs':{'server':'server','path':'/export'}}",
            "{}",
            cell ->
                assertThat(
                        LoopDisks.run(
                            "findmnt",
                            "-n",
                            "-o",
                            "SOURCE",
                            volume(cell, "kubernetes.io~nfs/data").toString()))
                    .isEqualTo("server:/export\n")));
  }

  private static FaultScene files(
      String name, FileVolumes.Kind kind, String volume, String directory) {
    var phases =
        life(
            volume,
            GROUP,
            cell ->
                assertThat(volume(cell, "kubernetes.io~" + directory + "/data").resolve("a"))
                    .content()
                    .isIn("1", "2"));
    phases.add(
        1,
        new Phase(
                "refresh",
                cell -> {
                  cell.world()
                      .patch(
                          ResourceTypes.CONFIG_MAP, "app", Resources.OBJECT, "{'data':{'a':'2'}}");
                  cell.world()
                      .patch(
                          ResourceTypes.SECRET,
                          "app",
                          Resources.OBJECT,
                          "{'stringData':{'a':'2'}}");
                },
                cell -> {
                  var place = volume(cell, "kubernetes.io~" + directory + "/data");
                  cell.await(() -> assertThat(place.resolve("a")).hasContent("2"));
                  if (kind == FileVolumes.Kind.PROJECTED) {
                    cell.await(() -> assertThat(place.resolve("s")).hasContent("2"));
                  }
                })
            .only("refresh"));
    return new FaultScene(
        name,
        kind.plugin(),
        cell -> {
          cell.world()
              .create(
                  ResourceTypes.CONFIG_MAP, json("{'metadata':{'name':'app'},'data':{'a':'1'}}"));
          cell.world()
              .create(
                  ResourceTypes.SECRET, json("{'metadata':{'name':'app'},'stringData':{'a':'1'}}"));
        },
        phases);
  }

  private static FaultScene downward() {
    Part check =
        cell ->
            cell.await(
                () ->
                    assertThat(volume(cell, "kubernetes.io~downward-api/data").resolve("labels"))
                        .content()
                        .isIn("app=\"db\"", "app=\"changed\""));
    var phases =
        life(
            "{'name':'data','downwardAPI':{'items':[{'path':'labels',"
                + "'fieldRef':{'fieldPath':'metadata.labels'}}]}}",
            "{}",
            check);
    phases.add(
        1,
        new Phase(
                "refresh",
                cell ->
                    cell.world()
                        .patch(
                            ResourceTypes.POD,
                            "p",
                            Resources.OBJECT,
                            "{'metadata':{'labels':{'app':'changed'}}}"),
                cell ->
                    cell.await(
                        () ->
                            assertThat(
                                    volume(cell, "kubernetes.io~downward-api/data")
                                        .resolve("labels"))
                                .hasContent("app=\"changed\"")))
            .only("refresh"));
    return new FaultScene(
        "downwardAPI", FileVolumes.Kind.DOWNWARD_API.plugin(), cell -> {}, phases);
  }
}
