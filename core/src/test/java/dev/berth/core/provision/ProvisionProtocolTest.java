package dev.berth.core.provision;

import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.core.control.Manifest;
import dev.berth.core.model.Json;
import dev.berth.core.model.PersistentVolume;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the annotation of a volume says, to its node and to the binder. */
class ProvisionProtocolTest {

  @ParameterizedTest
  @CsvSource({
    "requested/7, Requested[generation=7],        false, true,  false",
    "made/7,      Made[generation=7],             true,  false, false",
    "failed/7,    Failed[generation=7],           false, false, false",
    "removal/7,   RemovalRequested[generation=7], false, false, true",
    "cancel/7,    Cancelled[generation=7],        false, false, true",
    "removing/7,  Removing[generation=7],         false, false, true",
    "removed/7,   Removed[generation=7],          false, false, false",
    "made/0,      Unreadable[value=made/0],       false, false, false",
    "made,        Unreadable[value=made],         false, false, false",
    "made/x,      Unreadable[value=made/x],       false, false, false",
    "else/7,      Unreadable[value=else/7],       false, false, false",
    ",            NotOurs[],                      true,  false, false"
  })
  void eachWordHasItsMeaning(
      String word, String state, boolean there, boolean requested, boolean removal) {
    var manifest = asked("Delete", "Released");
    if (word != null) {
      manifest.annotation(ProvisionProtocol.PROVISION, word);
    }
    var volume = Json.view(manifest.document(), PersistentVolume.class);
    assertThat(ProvisionProtocol.of(volume)).hasToString(state);
    assertThat(ProvisionProtocol.isThere(volume)).isEqualTo(there);
    assertThat(ProvisionProtocol.isRequestedOf(volume, "n1")).isEqualTo(requested);
    assertThat(ProvisionProtocol.isRequestedOf(volume, "n2")).isFalse();
    assertThat(ProvisionProtocol.isRemovalRequestedOf(volume, "n1")).isEqualTo(removal);
    assertThat(ProvisionProtocol.isRemovalRequestedOf(volume, "n2")).isFalse();
  }

  @ParameterizedTest
  @CsvSource({
    "Delete, Released,  true",
    "Delete, Failed,    true",
    "Delete, Bound,     false",
    "Delete, Available, false",
    "Delete, Pending,   false",
    "Retain, Released,  false"
  })
  void nothingIsRemovedThatIsNotReleased(String policy, String phase, boolean removed) {
    var manifest = asked(policy, phase).annotation(ProvisionProtocol.PROVISION, "removal/7");
    var volume = Json.view(manifest.document(), PersistentVolume.class);
    assertThat(ProvisionProtocol.isRemovalRequestedOf(volume, "n1")).isEqualTo(removed);
  }

  private static Manifest asked(String policy, String phase) {
    return Manifest.volume("v", "1Gi")
        .annotation(ProvisionProtocol.NODE, "n1")
        .set(policy, "spec", "persistentVolumeReclaimPolicy")
        .phase(phase);
  }
}
