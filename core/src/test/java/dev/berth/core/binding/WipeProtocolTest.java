package dev.berth.core.binding;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.core.model.Json;
import dev.berth.core.model.PersistentVolume;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WipeProtocolTest {

  @Test
  void aVolumeWithoutTheAnnotationIsClean() {
    var volume = volume("{}", "Delete");
    assertThat(WipeProtocol.of(volume)).isEqualTo(new WipeProtocol.NotRequested());
    assertThat(WipeProtocol.isDirty(volume)).isFalse();
  }

  @Test
  void aRequestedWipeMakesItDirtyAndIsForOneNode() {
    var volume =
        volume("{'berth.dev/wipe':'requested/17','berth.dev/wipe-node':'node-1'}", "Delete");
    assertThat(WipeProtocol.of(volume)).isEqualTo(new WipeProtocol.Requested(17));
    assertThat(WipeProtocol.isDirty(volume)).isTrue();
    assertThat(WipeProtocol.isRequestedOf(volume, "node-1")).isTrue();
    assertThat(WipeProtocol.isRequestedOf(volume, "node-2")).isFalse();
  }

  @Test
  void aRequestWithoutANodeIsForNobody() {
    assertThat(
            WipeProtocol.isRequestedOf(volume("{'berth.dev/wipe':'requested/17'}", "Delete"), "n"))
        .isFalse();
  }

  @Test
  void nothingIsWipedUnderThePolicyRetain() {
    var volume = volume("{'berth.dev/wipe':'requested/17','berth.dev/wipe-node':'n'}", "Retain");
    assertThat(WipeProtocol.isRequestedOf(volume, "n")).isFalse();
    assertThat(WipeProtocol.isDirty(volume)).isTrue();
  }

  @Test
  void aWipedVolumeIsClean() {
    var volume = volume("{'berth.dev/wipe':'done/17'}", "Delete");
    assertThat(WipeProtocol.of(volume)).isEqualTo(new WipeProtocol.Done(17));
    assertThat(WipeProtocol.isDirty(volume)).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "requested", "requested/", "requested/x", "done/0", "done/-1", "yes"})
  void anythingElseIsTakenForDirtyAndNeverWiped(String value) {
    var volume = volume("{'berth.dev/wipe':'" + value + "','berth.dev/wipe-node':'n'}", "Delete");
    assertThat(WipeProtocol.of(volume)).isEqualTo(new WipeProtocol.Unreadable(value));
    assertThat(WipeProtocol.isDirty(volume)).isTrue();
    assertThat(WipeProtocol.isRequestedOf(volume, "n")).isFalse();
  }

  @Test
  void aVolumeThatNeverHadADiskIsClean() {
    var volume = volume("{'berth.dev/wipe':'unused/17'}", "Delete");
    assertThat(WipeProtocol.of(volume)).isEqualTo(new WipeProtocol.Unused(17));
    assertThat(WipeProtocol.isDirty(volume)).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"Available", "Bound", "Pending", ""})
  void nothingIsWipedThatIsNotReleased(String phase) {
    var volume =
        volume("{'berth.dev/wipe':'requested/17','berth.dev/wipe-node':'n'}", "Delete", phase);
    assertThat(WipeProtocol.isRequestedOf(volume, "n")).isFalse();
    assertThat(WipeProtocol.isDirty(volume)).isTrue();
  }

  private static PersistentVolume volume(String annotations, String policy) {
    return volume(annotations, policy, "Released");
  }

  private static PersistentVolume volume(String annotations, String policy, String phase) {
    var json =
        "{'metadata':{'name':'v','annotations':%s},'spec':{'persistentVolumeReclaimPolicy':'%s'},'status':{'phase':'%s'}}"
            .formatted(annotations, policy, phase);
    return Json.view(json.replace('\'', '"').getBytes(UTF_8), PersistentVolume.class);
  }
}
