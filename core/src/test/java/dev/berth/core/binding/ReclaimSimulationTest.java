package dev.berth.core.binding;

import static dev.berth.core.control.Manifest.claim;
import static dev.berth.core.control.Manifest.node;
import static dev.berth.core.control.Manifest.storageClass;
import static dev.berth.core.control.Manifest.volume;
import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.core.Controllers;
import dev.berth.core.control.Keys;
import dev.berth.core.control.TestCluster;
import dev.berth.core.model.Json;
import dev.berth.core.model.KeepTime;
import dev.berth.core.model.PersistentVolume;
import dev.berth.core.model.PersistentVolumeClaim;
import dev.berth.core.registry.patch.MergePatch;
import dev.berth.core.storage.ObjectKey;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.node.ObjectNode;

/**
 * Claims come and go, are deleted by mistake and had back, at random; administrators write what
 * they may. Beside the volumes it is kept in mind whose data is on each disk. Nobody's data is
 * shown to a claim of another name, nor destroyed before its time.
 */
class ReclaimSimulationTest {
  private static final int SEEDS = 150;
  private static final int STEPS = 60;
  private static final List<String> CLAIMS = List.of("a", "b", "c");
  private static final List<String> VOLUMES = List.of("v1", "v2");
  private static final List<String> TIMES = List.of("0", "1h", "5h", "1d");

  /** What is on a disk. */
  private record Data(String claim, Instant notBefore) {}

  @Test
  void nobodysDataIsShownToOthersOrDestroyedBeforeItsTime() {
    for (var seed = 1L; seed <= SEEDS; seed++) {
      new Run(seed).run();
    }
  }

  private static final class Run {
    private final long seed;
    private final Random random;
    private final TestCluster cluster = new TestCluster(Controllers.all(true, true));
    private final Map<String, @Nullable Data> disks = new HashMap<>();
    private final List<String> history = new ArrayList<>();
    private int claims;

    Run(long seed) {
      this.seed = seed;
      this.random = new Random(seed);
    }

    void run() {
      cluster.put(node("n1"), storageClass("s", false).annotation(KeepTime.ANNOTATION, "5h"));
      for (var name : VOLUMES) {
        cluster.put(volume(name, "1Gi").on("n1").policy("Delete").classed("s"));
      }
      cluster.settle();
      for (var i = 0; i < STEPS; i++) {
        step();
        cluster.settle();
        VOLUMES.forEach(this::check);
      }
      comesToAnEnd();
    }

    private void step() {
      var volume = VOLUMES.get(random.nextInt(VOLUMES.size()));
      var name = CLAIMS.get(random.nextInt(CLAIMS.size()));
      switch (random.nextInt(9)) {
        case 0, 1, 2 -> create(name);
        case 3, 4 -> delete(name);
        case 5 -> pass(Duration.ofMinutes(1 + random.nextInt(400)));
        case 6 -> nodeWipes(volume);
        case 7 -> undelete(volume);
        default -> keepFor(volume, TIMES.get(random.nextInt(TIMES.size())));
      }
    }

    private void create(String name) {
      if (cluster.exists(Keys.claim("default", name))) {
        return;
      }
      var manifest = claim(name, "1Gi").uid("uid-" + claims++).classed("s");
      if (random.nextBoolean()) {
        manifest.annotation(KeepTime.ANNOTATION, TIMES.get(random.nextInt(TIMES.size())));
      }
      note("create " + name);
      cluster.put(manifest);
    }

    private void delete(String name) {
      var key = Keys.claim("default", name);
      if (cluster.exists(key)) {
        note("delete " + name);
        cluster.delete(key);
      }
    }

    private void pass(Duration time) {
      note("pass " + time);
      cluster.pass(time);
    }

    private void keepFor(String volume, String time) {
      note("keep " + volume + " for " + time);
      cluster.change(Keys.volume(volume), tree -> annotations(tree).put(KeepTime.ANNOTATION, time));
      cluster.settle();
      // Written on a bound volume it is overwritten; on a released one it is the new time.
      var data = disks.get(volume);
      var released = cluster.annotation(Keys.volume(volume), Trash.RELEASED_AT);
      if (data != null && !released.isEmpty()) {
        var end = Instant.parse(released).plus(KeepTime.parse(time).orElseThrow());
        disks.put(volume, new Data(data.claim(), end));
      } else if (data != null && cluster.volume(volume).startsWith("Released")) {
        disks.put(volume, new Data(data.claim(), Instant.MIN));
      }
    }

    private void nodeWipes(String volume) {
      var key = Keys.volume(volume);
      var view = view(key, PersistentVolume.class);
      if (!WipeProtocol.isRequestedOf(view, "n1")) {
        return;
      }
      note("wipe " + volume + " by " + WipeProtocol.method(view).word());
      disks.put(volume, null);
      cluster.change(
          key,
          tree -> {
            var asked = annotations(tree).get(WipeProtocol.WIPE).stringValue();
            annotations(tree).put(WipeProtocol.WIPE, asked.replace("requested", "done"));
          });
    }

    private void undelete(String volume) {
      var key = Keys.volume(volume);
      var view = view(key, PersistentVolume.class);
      var reference = view.spec().claimRef();
      var owner = reference == null ? null : Keys.claim("default", reference.name());
      var claim =
          owner == null || !cluster.exists(owner) ? null : view(owner, PersistentVolumeClaim.class);
      if (Undelete.of(view, claim) instanceof Undelete.Possible(var patch)) {
        note("undelete " + volume);
        assertThat(disks.get(volume)).as(told(volume)).isNotNull();
        cluster.change(
            key,
            tree -> {
              var patched = MergePatch.apply(tree.deepCopy(), patch);
              tree.removeAll();
              tree.setAll(patched);
            });
      }
    }

    private void check(String volume) {
      var key = Keys.volume(volume);
      var view = view(key, PersistentVolume.class);
      var data = disks.get(volume);
      var reference = view.spec().claimRef();
      switch (view.phase()) {
        case PersistentVolume.BOUND -> {
          var owner = reference == null ? "" : reference.name();
          if (data != null) {
            assertThat(owner).as(told(volume)).isEqualTo(data.claim());
          }
          disks.put(volume, new Data(owner, Instant.MAX));
        }
        case PersistentVolume.AVAILABLE -> {
          if (data != null) {
            assertThat(reference == null ? "nobody" : reference.name())
                .as(told(volume))
                .isEqualTo(data.claim());
          }
        }
        default -> checkReleased(volume, view, data);
      }
    }

    private void checkReleased(String volume, PersistentVolume view, @Nullable Data data) {
      assertThat(view.phase()).as(told(volume)).isEqualTo(PersistentVolume.RELEASED);
      assertThat(data).as(told(volume)).isNotNull();
      if (data == null) {
        return;
      }
      if (data.notBefore().equals(Instant.MAX)) {
        var time = view.metadata().annotations().getOrDefault(KeepTime.ANNOTATION, "0");
        var end = cluster.now().plus(KeepTime.parse(time).orElseThrow());
        disks.put(volume, new Data(data.claim(), end));
        return;
      }
      if (WipeProtocol.isDirty(view)) {
        assertThat(cluster.now()).as(told(volume)).isAfterOrEqualTo(data.notBefore());
      } else {
        assertThat(view.status().message()).as(told(volume)).contains("is kept until");
        assertThat(cluster.now()).as(told(volume)).isBefore(data.notBefore());
      }
    }

    /** Everything that was released is wiped at last and serves again. */
    private void comesToAnEnd() {
      CLAIMS.forEach(this::delete);
      cluster.settle();
      VOLUMES.forEach(this::check);
      pass(Duration.ofDays(2));
      VOLUMES.forEach(this::nodeWipes);
      cluster.settle();
      for (var volume : VOLUMES) {
        assertThat(cluster.volume(volume)).as(told(volume)).startsWith("Available");
        assertThat(message(volume)).as(told(volume)).isEmpty();
      }
    }

    private String message(String volume) {
      return cluster.at(Keys.volume(volume), "status", "message");
    }

    private <T> T view(ObjectKey key, Class<T> type) {
      return Json.view(Json.write(cluster.tree(key)), type);
    }

    private void note(String what) {
      history.add(what);
    }

    private String told(String volume) {
      return "%s, seed %d, after %s".formatted(volume, seed, history);
    }

    private static ObjectNode annotations(ObjectNode tree) {
      return tree.withObject("metadata").withObject("annotations");
    }
  }
}
