package dev.berth.core.model;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class ViewTest {

  @Test
  void aViewTakesWhatItKnowsAndFillsInWhatIsMissing() {
    var volume =
        Json.view(
            """
            {"apiVersion":"v1","kind":"PersistentVolume",
             "metadata":{"name":"a","creationTimestamp":null,"unknown":{"x":[1]}},
             "spec":{"capacity":{"storage":"5Gi"},"accessModes":["ReadWriteOnce"],
              "storageClassName":"fast","local":{"path":"/dev/x"},
              "nodeAffinity":{"required":{"nodeSelectorTerms":[{"matchExpressions":[
               {"key":"kubernetes.io/hostname","operator":"In","values":["n1"]}]}]}}}}
            """
                .getBytes(UTF_8),
            PersistentVolume.class);
    assertThat(volume.storage()).isEqualTo(Quantity.parse("5Gi"));
    assertThat(volume.className()).isEqualTo("fast");
    assertThat(volume.phase()).isEmpty();
    assertThat(volume.metadata().labels()).isEmpty();
    assertThat(volume.reachableFrom("n1", Map.of(Node.HOSTNAME_LABEL, "n1"))).isTrue();
    assertThat(volume.reachableFrom("n2", Map.of(Node.HOSTNAME_LABEL, "n2"))).isFalse();
  }

  @Test
  void aNumberIsAQuantityToo() {
    var pod =
        Json.view(
            """
            {"metadata":{"name":"p"},"spec":{"containers":[
             {"name":"c","resources":{"requests":{"cpu":1,"memory":"1e3"}}}]}}
            """
                .getBytes(UTF_8),
            Pod.class);
    var requests = pod.spec().containers().getFirst().resources().requests();
    assertThat(requests.get("cpu")).isEqualTo(Quantity.of(1));
    assertThat(requests.get("memory")).isEqualTo(Quantity.of(1000));
  }

  @Test
  void treesKeepNumbersExactlyAndMembersInOrder() {
    var json = "{\"b\":1.10,\"a\":123456789012345678901234567890,\"c\":0.1e-7}";
    assertThat(new String(Json.write(Json.parse(json.getBytes(UTF_8))), UTF_8))
        .isEqualTo("{\"b\":1.10,\"a\":123456789012345678901234567890,\"c\":1E-8}");
  }
}
