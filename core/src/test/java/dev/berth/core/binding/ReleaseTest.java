package dev.berth.core.binding;

import static dev.berth.core.control.Manifest.claim;
import static dev.berth.core.control.Manifest.node;
import static dev.berth.core.control.Manifest.volume;
import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.core.Controllers;
import dev.berth.core.control.Keys;
import dev.berth.core.control.TestCluster;
import dev.berth.core.model.Json;
import dev.berth.core.model.PersistentVolume;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.node.ObjectNode;

/** A released volume becomes available again in one call. */
class ReleaseTest {
  private final TestCluster cluster = new TestCluster(Controllers.all(true, true));

  private Release release(boolean withData) {
    var volume =
        Json.view(
            cluster.store.get(Keys.volume("v")).orElseThrow().document(), PersistentVolume.class);
    return Release.of(volume, withData);
  }

  private void bindAndDelete(String policy) {
    cluster.put(node("n1"), volume("v", "1Gi").policy(policy).on("n1"), claim("c", "1Gi")).settle();
    assertThat(cluster.claim("c")).isEqualTo("Bound v");
  }

  private String refusal(boolean withData) {
    return release(withData) instanceof Release.Refused(var why) ? why : "";
  }

  @Test
  void aVolumeWithDataIsRefusedUntilThatIsMeant() {
    bindAndDelete("Retain");
    assertThat(refusal(true)).startsWith("it is Bound; only a volume that is Released");
    cluster.delete(Keys.claim("default", "c")).settle();
    assertThat(cluster.volume("v")).isEqualTo("Released c");
    assertThat(refusal(false))
        .startsWith("it still holds the data of claim default/c")
        .contains("--with-data");
    apply(((Release.Possible) release(true)).patch());
    assertThat(cluster.volume("v")).isEqualTo("Available");
  }

  @Test
  void oneThatIsBeingWipedIsRefused() {
    bindAndDelete("Delete");
    cluster.delete(Keys.claim("default", "c")).settle();
    assertThat(refusal(true)).startsWith("the wipe of its data was asked for");
  }

  @Test
  void oneOfWhichDataIsKeptForItsClaimGoesWithItsDataOnly() {
    cluster.put(
        node("n1"),
        volume("v", "1Gi").policy("Delete").on("n1"),
        claim("c", "1Gi").annotation("berth.dev/keep-deleted-for", "1h"));
    cluster.settle().delete(Keys.claim("default", "c")).settle();
    assertThat(refusal(false)).startsWith("it still holds the data");
    apply(((Release.Possible) release(true)).patch());
    assertThat(cluster.volume("v")).isEqualTo("Available");
  }

  private void apply(ObjectNode patch) {
    cluster
        .change(
            Keys.volume("v"),
            volume -> {
              volume.withObject("spec").remove("claimRef");
              patch
                  .path("metadata")
                  .path("annotations")
                  .propertyNames()
                  .forEach(volume.withObject("metadata").withObject("annotations")::remove);
            })
        .settle();
  }
}
