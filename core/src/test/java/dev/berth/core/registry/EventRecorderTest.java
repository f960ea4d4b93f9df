package dev.berth.core.registry;

import static dev.berth.core.registry.Fixture.json;
import static dev.berth.core.registry.Fixture.tree;
import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.core.model.Event;
import dev.berth.core.model.ObjectReference;
import dev.berth.core.model.ResourceTypes;
import dev.berth.core.observe.Meters;
import dev.berth.core.storage.StoreException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import java.util.function.DoubleSupplier;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.node.ObjectNode;

/** Events: written beside the work, counted up when they repeat, forgotten after a while. */
class EventRecorderTest {

  private static final ObjectReference POD =
      new ObjectReference("v1", "Pod", "default", "p", "uid-1", "17", null);
  private static final ObjectReference NODE =
      new ObjectReference("v1", "Node", "", "n1", "uid-2", null, null);

  private final Fixture fixture = new Fixture();
  private final Deque<Runnable> work = new ArrayDeque<>();
  private final CountingMeters meters = new CountingMeters();
  private final EventRecorder recorder = recorder(fixture.registry);

  private EventRecorder recorder(Resources resources) {
    return new EventRecorder(resources, fixture::now, work::add, meters, "berth", "h1");
  }

  private void work() {
    while (!work.isEmpty()) {
      work.removeFirst().run();
    }
  }

  private List<ObjectNode> events() {
    return fixture.registry.list(ResourceTypes.EVENT, null, ListOptions.ALL).objects().stream()
        .map(Fixture::tree)
        .toList();
  }

  @Test
  void anEventIsAnObjectBesideWhatItIsAbout() {
    recorder.record(POD, Event.WARNING, "FailedMount", "no such disk");
    assertThat(events()).isEmpty();
    work();
    var event = events().getFirst();
    assertThat(event.at("/metadata/name").stringValue()).matches("p\\.[0-9a-f]{16}");
    event.remove("metadata");
    assertThat(event)
        .isEqualTo(
            json(
                """
                {'apiVersion':'v1','kind':'Event',
                 'involvedObject':{'kind':'Pod','namespace':'default','name':'p','uid':'uid-1',
                  'apiVersion':'v1','resourceVersion':'17'},
                 'reason':'FailedMount','message':'no such disk','type':'Warning',
                 'source':{'component':'berth','host':'h1'},
                 'firstTimestamp':'2026-03-01T12:00:00Z','lastTimestamp':'2026-03-01T12:00:00Z',
                 'count':1,'reportingComponent':'berth','reportingInstance':'h1'}
                """));
  }

  @Test
  void theSameAgainCountsUp() {
    recorder.record(POD, Event.WARNING, "FailedMount", "no such disk");
    recorder.record(POD, Event.WARNING, "FailedMount", "no such disk");
    work();
    fixture.pass(Duration.ofSeconds(90));
    var later = new ObjectReference("v1", "Pod", "default", "p", "uid-1", "99", null);
    recorder.record(later, Event.WARNING, "FailedMount", "no such disk");
    recorder.record(POD, Event.WARNING, "FailedMount", "another disk");
    recorder.record(POD, Event.NORMAL, "FailedMount", "no such disk");
    recorder.from("scheduler", "").record(POD, Event.WARNING, "FailedMount", "no such disk");
    work();
    assertThat(events()).hasSize(4);
    var counted =
        events().stream().filter(event -> event.path("count").intValue() == 3).findFirst();
    assertThat(counted).isPresent();
    assertThat(counted.orElseThrow().path("firstTimestamp").stringValue())
        .isEqualTo("2026-03-01T12:00:00Z");
    assertThat(counted.orElseThrow().path("lastTimestamp").stringValue())
        .isEqualTo("2026-03-01T12:01:30Z");
  }

  @Test
  void anEventThatWasDeletedBeginsAgain() {
    recorder.record(POD, Event.NORMAL, "Started", "it runs");
    work();
    fixture.delete(ResourceTypes.EVENT, events().getFirst().at("/metadata/name").stringValue());
    recorder.record(POD, Event.NORMAL, "Started", "it runs");
    work();
    assertThat(events()).hasSize(1);
    assertThat(events().getFirst().path("count").intValue()).isEqualTo(1);
  }

  @Test
  void eventsAboutTheClusterAreInTheDefaultNamespace() {
    recorder.record(NODE, Event.NORMAL, "NodeReady", "it is ready");
    work();
    assertThat(events().getFirst().at("/metadata/namespace").stringValue()).isEqualTo("default");
  }

  @Test
  void whatCannotBeWrittenIsDroppedAndCounted() {
    var elsewhere = new ObjectReference("v1", "Pod", "nowhere", "p", "u", null, null);
    recorder.record(elsewhere, Event.NORMAL, "A", "m");
    work();
    assertThat(meters.dropped).containsEntry("rejected", 1L);

    var failing =
        recorder(
            new Registry(
                new RacingStore(fixture.store) {
                  @Override
                  void beforeCommit() {
                    throw new StoreException.Unavailable("full", null);
                  }
                },
                fixture::now,
                new Random(1),
                Meters.none()));
    failing.record(POD, Event.NORMAL, "A", "m");
    work();
    assertThat(meters.dropped).containsEntry("unavailable", 1L);

    var stopping =
        new EventRecorder(
            fixture.registry,
            fixture::now,
            task -> {
              throw new RejectedExecutionException();
            },
            meters,
            "berth",
            "");
    stopping.record(POD, Event.NORMAL, "A", "m");
    assertThat(meters.dropped).containsEntry("stopping", 1L);
    assertThat(events()).isEmpty();
  }

  @Test
  void aFullQueueDropsAndDoesNotWait() {
    for (var i = 0; i < 5000; i++) {
      recorder.record(POD, Event.NORMAL, "Again", "and again");
    }
    assertThat(meters.dropped).containsEntry("queue_full", 5000L - 4096);
    assertThat(work).hasSize(1);
    work();
    assertThat(events().getFirst().path("count").intValue()).isEqualTo(4096);
    recorder.record(POD, Event.NORMAL, "Again", "and again");
    work();
    assertThat(events().getFirst().path("count").intValue()).isEqualTo(4097);
  }

  @Test
  void aLongMessageIsCut() {
    recorder.record(POD, Event.NORMAL, "Long", "x".repeat(5000));
    work();
    assertThat(events().getFirst().path("message").stringValue()).hasSize(1024).endsWith("x...");
  }

  @Test
  void oldEventsAreForgotten() {
    var expiry = new EventExpiry(fixture.store, fixture::now, EventExpiry.DEFAULT_TTL, 1000);
    recorder.record(POD, Event.NORMAL, "Early", "and only then");
    recorder.record(POD, Event.NORMAL, "Repeated", "until now");
    work();
    fixture.pass(Duration.ofMinutes(50));
    recorder.record(POD, Event.NORMAL, "Repeated", "until now");
    work();
    assertThat(expiry.run()).isZero();
    fixture.pass(Duration.ofMinutes(10));
    assertThat(expiry.run()).isEqualTo(1);
    assertThat(events())
        .extracting(e -> e.path("reason").stringValue())
        .containsExactly("Repeated");
  }

  @Test
  void theOldestAreForgottenWhereThereAreTooMany() {
    var expiry = new EventExpiry(fixture.store, fixture::now, EventExpiry.DEFAULT_TTL, 100);
    for (var i = 0; i < 300; i++) {
      recorder.record(POD, Event.NORMAL, "N" + i, "m");
      fixture.pass(Duration.ofSeconds(1));
    }
    work();
    assertThat(expiry.run()).isEqualTo(200);
    assertThat(events()).hasSize(100);
    assertThat(events().stream().map(event -> event.path("reason").stringValue()))
        .contains("N200", "N299")
        .doesNotContain("N199");
    assertThat(expiry.run()).isZero();
  }

  @Test
  void anEventThatHappensAgainWhileItIsForgottenStays() {
    for (var i = 0; i < 3; i++) {
      recorder.record(POD, Event.NORMAL, "N" + i, "m");
    }
    work();
    fixture.pass(Duration.ofHours(2));
    var racing = new RacingStore(fixture.store);
    racing.beforeNextCommit(
        () -> {
          recorder.record(POD, Event.NORMAL, "N1", "m");
          work();
        });
    var expiry = new EventExpiry(racing, fixture::now, EventExpiry.DEFAULT_TTL, 1000);
    assertThat(expiry.run()).isEqualTo(2);
    assertThat(events()).extracting(e -> e.path("reason").stringValue()).containsExactly("N1");
    assertThat(
            tree(fixture
                    .registry
                    .list(ResourceTypes.EVENT, null, ListOptions.ALL)
                    .objects()
                    .getFirst())
                .path("count")
                .intValue())
        .isEqualTo(2);
  }

  private static final class CountingMeters implements Meters {
    final Map<String, Long> dropped = new HashMap<>();

    @Override
    public Counter counter(String name, String help, String... labelNames) {
      return (amount, labels) -> dropped.merge(String.join(",", labels), amount, Long::sum);
    }

    @Override
    public Timer timer(String name, String help, String... labelNames) {
      return Meters.none().timer(name, help, labelNames);
    }

    @Override
    public void gauge(String name, String help, DoubleSupplier value) {
      assertThat(value.getAsDouble()).isNotNegative();
    }

    @Override
    public void gauges(
        String name, String help, String[] labelNames, Consumer<GaugeValues> reader) {}
  }
}
