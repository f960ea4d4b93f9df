package dev.berth.core.control;

import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.core.model.ApiObject;
import dev.berth.core.model.PersistentVolume;
import dev.berth.core.storage.Change;
import dev.berth.core.storage.Commit;
import dev.berth.core.storage.Expectation;
import dev.berth.core.storage.StoredObject;
import dev.berth.core.storage.Transaction;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What is told of an object that was written by us and then by somebody else. */
class ClusterImageTest {
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

  private final ClusterImage image = new ClusterImage();

  private static StoredObject volume(String phase, long revision) {
    var manifest = Manifest.volume("v", "1Gi").set(phase, "status", "phase");
    return new StoredObject(manifest.key(), revision, manifest.document());
  }

  private static String phase(@Nullable ApiObject view) {
    return view instanceof PersistentVolume volume ? volume.phase() : "none";
  }

  @Test
  void bothOurWriteAndTheLaterOneAreTold() {
    var before = volume("Available", 1);
    var ours = volume("Bound", 2);
    var theirs = volume("Available", 3);
    image.load(before, NOW);
    var put = new Transaction.Put(ours.key(), Expectation.at(1), ours.document());
    var proposal = image.propose(List.of(put), NOW);
    assertThat(image.feed(new Change(theirs.key(), 3, ours, theirs), NOW)).isNull();

    var transitions = image.settle(proposal, new Commit(new long[] {2}, 2), NOW);

    assertThat(transitions)
        .extracting(each -> phase(each.before()) + " > " + phase(each.after()))
        .containsExactly("Available > Bound", "Bound > Available");
    assertThat(image.volume("v")).extracting(shown -> shown.view().phase()).isEqualTo("Available");
  }
}
