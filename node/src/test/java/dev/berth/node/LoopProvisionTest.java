package dev.berth.node;

import static dev.berth.node.NodeWorld.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.core.model.PersistentVolume;
import dev.berth.core.model.ResourceTypes;
import dev.berth.core.provision.ProvisionProtocol;
import dev.berth.core.registry.Resources;
import java.nio.file.Files;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.node.ObjectNode;

/** Images that are made and removed because their volumes ask for it. */
class LoopProvisionTest extends LoopPodWorld {
  private static Consumer<ObjectNode> asked(String what, long generation) {
    return pv -> {
      var annotations = pv.withObject("metadata").withObject("annotations");
      annotations.put(ProvisionProtocol.PROVISION, what + "/" + generation);
      annotations.put(ProvisionProtocol.NODE, NodeWorld.NODE);
      pv.withObject("spec").put("persistentVolumeReclaimPolicy", "Delete");
    };
  }

  private void answers(String volume, String answer) {
    eventually(
        () ->
            assertThat(world.volume(volume).metadata().annotations())
                .containsEntry(ProvisionProtocol.PROVISION, answer));
  }

  @Test
  void anImageIsMadeAndRemovedAsItsVolumeAsks() throws Exception {
    // Asked for while the node was away, and half made by the process before.
    loop("pv-1", 32 * MIB, asked("requested", 7));
    Files.createFile(pool.resolve(".pv-1.new"));
    world.start();
    answers("pv-1", "made/7");
    assertThat(Files.size(image("pv-1"))).isEqualTo(32 * MIB);
    world.boundClaim("claim", "pv-1");
    world.pod("p", "claim");
    runs("p");

    // Not while a claim has it, whoever wrote that, nor while a pod has it.
    world.patch(
        ResourceTypes.VOLUME,
        "pv-1",
        Resources.OBJECT,
        "{'metadata': {'annotations': {'%s': 'removal/9'}}}"
            .formatted(ProvisionProtocol.PROVISION));
    loop("pv-2", 32 * MIB, asked("requested", 8));
    answers("pv-2", "made/8");
    assertThat(image("pv-1")).exists();
    remove("p");
    isAttached("pv-1", false);
    loop("pv-3", 32 * MIB, asked("requested", 8));
    answers("pv-3", "made/8");
    assertThat(image("pv-1")).exists();
    world.pod("p", "claim");
    runs("p");
    world.patch(
        ResourceTypes.VOLUME, "pv-1", Resources.STATUS, "{'status': {'phase': 'Released'}}");
    loop("pv-4", 32 * MIB, asked("requested", 8));
    answers("pv-4", "made/8");
    assertThat(image("pv-1")).exists();
    remove("p");
    answers("pv-1", "removed/9");
    assertThat(image("pv-1")).doesNotExist();
    assertThat(image("pv-2")).exists();
    isAttached("pv-1", false);

    // What its administrator keeps stays, also when its removal was asked for.
    loop("pv-5", 32 * MIB, asked("requested", 8));
    answers("pv-5", "made/8");
    var word = "{'spec': {'persistentVolumeReclaimPolicy': '%s'}}";
    world.patch(ResourceTypes.VOLUME, "pv-5", Resources.OBJECT, word.formatted("Retain"));
    world.patch(
        ResourceTypes.VOLUME, "pv-5", Resources.STATUS, "{'status': {'phase': 'Released'}}");
    world.patch(
        ResourceTypes.VOLUME,
        "pv-5",
        Resources.OBJECT,
        "{'metadata': {'annotations': {'%s': 'removal/9'}}}"
            .formatted(ProvisionProtocol.PROVISION));
    loop("pv-6", 32 * MIB, asked("requested", 8));
    answers("pv-6", "made/8");
    assertThat(image("pv-5")).exists();
    world.patch(ResourceTypes.VOLUME, "pv-5", Resources.OBJECT, word.formatted("Delete"));
    answers("pv-5", "removed/9");
    assertThat(image("pv-5")).doesNotExist();
  }

  @Test
  void anImageThatWasNotMadeForTheVolumeIsNeitherTakenNorRemoved() throws Exception {
    Files.writeString(image("golden"), "precious");
    world.start();
    loop("pv-1", 32 * MIB, asked("requested", 8));
    answers("pv-1", "made/8");
    loop("golden", 32 * MIB, asked("requested", 7));
    answers("golden", "failed/7");
    assertThat(world.volume("golden").status().message()).contains("not made for it");
    for (var image : List.of("golden", "pv-1")) {
      // As it comes from another cluster, or from a hand.
      var name = image + "-again";
      loop(
          name,
          32 * MIB,
          asked("removal", 7)
              .andThen(pv -> pv.withObject("spec").withObject("csi").put("volumeHandle", image)));
      world.patch(
          ResourceTypes.VOLUME, name, Resources.STATUS, "{'status': {'phase': 'Released'}}");
      eventually(
          () ->
              assertThat(world.volume(name).status().message())
                  .contains(image(image).toString(), "not removed"));
    }
    assertThat(image("golden")).hasContent("precious");
    assertThat(image("pv-1")).exists();
    Files.delete(image("golden"));
    answers("golden-again", "removed/7");
  }

  @Test
  void whatCannotBeMadeIsSaidWithItsReason() {
    world.start();
    loop("pv-1", 1L << 50, asked("requested", 7));
    answers("pv-1", "failed/7");
    assertThat(world.volume("pv-1").status().message()).contains(pool.toString(), "bytes free");
    loop(
        "pv-2",
        MIB,
        asked("requested", 8)
            .andThen(
                pv ->
                    pv.at("/spec/csi")
                        .asObject()
                        .withObject("volumeAttributes")
                        .put("pool", "fast")));
    answers("pv-2", "failed/8");
    assertThat(world.volume("pv-2").status().message())
        .contains("no pool \"fast\"", "it has default");
    assertThat(pool).isEmptyDirectory();
  }

  @Test
  void aVolumeThatWasMadeByHandHasANewImageAfterTheOldOneWasRemoved() throws Exception {
    world.start();
    loop("pv-1", 32 * MIB, pv -> {});
    world.boundClaim("claim", "pv-1");
    var pod = world.pod("p", "claim");
    runs("p");
    Files.writeString(mountOf(pod, "pv-1").resolve("file"), "data");
    remove("p");
    isAttached("pv-1", false);
    world.patch(
        ResourceTypes.VOLUME, "pv-1", Resources.STATUS, "{'status': {'phase': 'Released'}}");
    world.patch(
        ResourceTypes.VOLUME,
        "pv-1",
        Resources.OBJECT,
        ("{'metadata': {'annotations': {'%s': 'removal/9', '%s': '%s'}},"
                + " 'spec': {'persistentVolumeReclaimPolicy': 'Delete'}}")
            .formatted(ProvisionProtocol.PROVISION, ProvisionProtocol.NODE, NodeWorld.NODE));
    answers("pv-1", "removed/9");
    assertThat(image("pv-1")).doesNotExist();

    // As the binder does.
    world.patch(
        ResourceTypes.VOLUME,
        "pv-1",
        Resources.OBJECT,
        "{'metadata': {'annotations': {'%s': null, '%s': null, '%s': null}}}"
            .formatted(
                ProvisionProtocol.PROVISION, ProvisionProtocol.NODE, PersistentVolume.FS_UUID));
    world.patch(ResourceTypes.VOLUME, "pv-1", Resources.STATUS, "{'status': {'phase': 'Bound'}}");
    var again = world.pod("q", "claim");
    runs("q");
    assertThat(mountOf(again, "pv-1")).isNotEmptyDirectory();
    assertThat(mountOf(again, "pv-1").resolve("file")).doesNotExist();
  }
}
