package dev.berth.core.registry;

import static dev.berth.core.registry.Fixture.json;
import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.core.model.ResourceTypes;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Many writers at once. */
class ConcurrencyTest {

  private static final int WRITERS = 32;
  private static final int WRITES = 20;

  private final Fixture fixture = new Fixture();

  private static <T> List<T> all(List<Callable<T>> work) throws Exception {
    try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
      var results = new ArrayList<T>();
      for (var future : executor.invokeAll(work)) {
        results.add(future.get());
      }
      return results;
    }
  }

  @Test
  void patchesOfOneObjectLoseNothing() throws Exception {
    fixture.create(ResourceTypes.LEASE, Samples.text(ResourceTypes.LEASE));
    var work = new ArrayList<Callable<Written>>();
    for (var writer = 0; writer < WRITERS; writer++) {
      for (var write = 0; write < WRITES; write++) {
        var label = "w" + writer + "-" + write;
        work.add(
            () ->
                fixture.registry.patch(
                    ResourceTypes.LEASE,
                    "default",
                    "x",
                    Resources.OBJECT,
                    new Patch.MergePatch(json("{'metadata':{'labels':{'" + label + "':'1'}}}")),
                    WriteOptions.DEFAULT));
      }
    }
    var revisions = all(work).stream().map(written -> written.object().revision()).toList();
    assertThat(revisions).doesNotHaveDuplicates().hasSize(WRITERS * WRITES);
    assertThat(fixture.get(ResourceTypes.LEASE, "x").at("/metadata/labels"))
        .hasSize(WRITERS * WRITES);
  }

  @Test
  void countingUpWithVersionsCountsEverySuccess() throws Exception {
    fixture.create(ResourceTypes.LEASE, "{'metadata':{'name':'x'},'spec':{'leaseTransitions':0}}");
    var conflicts = new AtomicInteger();
    Callable<Integer> count =
        () -> {
          var successes = 0;
          for (var i = 0; i < WRITES; i++) {
            var lease = fixture.get(ResourceTypes.LEASE, "x");
            var spec = lease.withObject("spec");
            spec.put("leaseTransitions", spec.path("leaseTransitions").intValue() + 1);
            try {
              fixture.replace(ResourceTypes.LEASE, Resources.OBJECT, lease);
              successes++;
            } catch (Rejection rejection) {
              assertThat(rejection.status().reason()).isEqualTo("Conflict");
              conflicts.incrementAndGet();
            }
          }
          return successes;
        };
    var work = new ArrayList<Callable<Integer>>();
    for (var writer = 0; writer < WRITERS; writer++) {
      work.add(count);
    }
    var successes = all(work).stream().mapToInt(Integer::intValue).sum();
    assertThat(fixture.get(ResourceTypes.LEASE, "x").at("/spec/leaseTransitions").intValue())
        .isEqualTo(successes);
    assertThat(successes + conflicts.get()).isEqualTo(WRITERS * WRITES);
  }

  @Test
  void oneOfManyCreatesANameAndOneOfManyDeletesIt() throws Exception {
    Callable<Boolean> create =
        () -> {
          try {
            fixture.create(ResourceTypes.LEASE, Samples.text(ResourceTypes.LEASE));
            return true;
          } catch (Rejection rejection) {
            assertThat(rejection.status().reason()).isEqualTo("AlreadyExists");
            return false;
          }
        };
    Callable<Boolean> delete =
        () -> {
          try {
            fixture.delete(ResourceTypes.LEASE, "x");
            return true;
          } catch (Rejection rejection) {
            assertThat(rejection.status().reason()).isEqualTo("NotFound");
            return false;
          }
        };
    for (var round = 0; round < 20; round++) {
      assertThat(all(Collections.nCopies(WRITERS, create))).containsOnlyOnce(true);
      assertThat(all(Collections.nCopies(WRITERS, delete))).containsOnlyOnce(true);
    }
  }

  @Test
  void aPodGetsOneNode() throws Exception {
    fixture.create(ResourceTypes.POD, Samples.text(ResourceTypes.POD));
    var work = new ArrayList<Callable<Boolean>>();
    for (var writer = 0; writer < WRITERS; writer++) {
      var binding = json("{'target':{'name':'n" + writer + "'}}");
      work.add(
          () -> {
            try {
              fixture.registry.bind("default", "x", binding, WriteOptions.DEFAULT);
              return true;
            } catch (Rejection rejection) {
              assertThat(rejection.status().reason()).isEqualTo("Conflict");
              return false;
            }
          });
    }
    assertThat(all(work)).containsOnlyOnce(true);
  }
}
