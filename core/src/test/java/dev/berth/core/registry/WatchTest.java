package dev.berth.core.registry;

import static dev.berth.core.registry.Fixture.rejected;
import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.core.model.Json;
import dev.berth.core.model.ResourceTypes;
import dev.berth.core.registry.ResourceWatch.Ended;
import dev.berth.core.registry.ResourceWatch.Events;
import dev.berth.core.storage.InMemoryObjectStore;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Watches: from where, what they tell of objects that begin or cease to match, how they end. */
class WatchTest {

  private final Fixture fixture = new Fixture();

  private ResourceWatch watch(@Nullable String labels, @Nullable String version) {
    return fixture.registry.watch(
        ResourceTypes.LEASE, "default", null, new WatchOptions(labels, null, version));
  }

  /** What can be taken now: {@code ADDED a app=x}. */
  private static List<String> taken(ResourceWatch watch) {
    var told = new ArrayList<String>();
    while (watch.take(2) instanceof Events(var events, var progress) && !events.isEmpty()) {
      for (var event : events) {
        var app = Json.parse(event.object().document()).at("/metadata/labels/app");
        told.add(event.type() + " " + event.object().key().name() + " " + app.stringValue("-"));
      }
    }
    return told;
  }

  private long label(String name, @Nullable String app) {
    var value = app == null ? "null" : "'" + app + "'";
    return fixture
        .merge(ResourceTypes.LEASE, name, "{'metadata':{'labels':{'app':" + value + "}}}")
        .object()
        .revision();
  }

  private long create(String name, String app) {
    return fixture
        .create(
            ResourceTypes.LEASE,
            "{'metadata':{'name':'%s','labels':{'app':'%s'}}}".formatted(name, app))
        .object()
        .revision();
  }

  @Test
  void fromAVersionExactlyWhatCameAfterIt() {
    create("a", "x");
    var revision = create("b", "x");
    label("a", "y");
    fixture.delete(ResourceTypes.LEASE, "b");
    try (var watch = watch(null, Long.toString(revision))) {
      assertThat(taken(watch)).containsExactly("MODIFIED a y", "DELETED b x");
      create("c", "z");
      assertThat(taken(watch)).containsExactly("ADDED c z");
    }
  }

  @Test
  void withoutAVersionFirstWhatIsThere() {
    create("a", "x");
    create("b", "x");
    create("c", "y");
    for (var version : new String[] {null, "", "0"}) {
      try (var watch = watch("app=x", version)) {
        var first = (Events) watch.take(1);
        assertThat(first.events()).hasSize(1);
        assertThat(first.progress()).isZero();
        assertThat(first.events().getFirst().object().revision()).isPositive();
        assertThat(taken(watch)).containsExactly("ADDED b x");
        var rest = (Events) watch.take(10);
        assertThat(rest.progress()).isEqualTo(fixture.store.revision());
      }
    }
  }

  @Test
  void whatNoLongerMatchesIsDeletedAndWhatBeginsToMatchIsAdded() {
    create("a", "x");
    var revision = create("b", "y");
    try (var watch = watch("app=x", Long.toString(revision))) {
      var left = label("a", "y");
      var events = ((Events) watch.take(10)).events();
      assertThat(events).hasSize(1);
      assertThat(events.getFirst().type()).isEqualTo(ResourceWatch.EventType.DELETED);
      // As it last matched, with the version by which it ceased to.
      assertThat(events.getFirst().object().revision()).isEqualTo(left);
      assertThat(Json.parse(events.getFirst().object().document()).at("/metadata/labels/app"))
          .hasToString("\"x\"");
      label("b", "x");
      fixture.merge(ResourceTypes.LEASE, "b", "{'spec':{'leaseTransitions':1}}");
      label("a", "z");
      label("b", null);
      fixture.delete(ResourceTypes.LEASE, "a");
      fixture.delete(ResourceTypes.LEASE, "b");
      assertThat(taken(watch)).containsExactly("ADDED b x", "MODIFIED b x", "DELETED b x");
    }
  }

  @Test
  void aDeletionTellsTheLastStateWithItsOwnVersion() {
    var revision = create("a", "x");
    try (var watch = watch(null, Long.toString(revision))) {
      var deleted = fixture.delete(ResourceTypes.LEASE, "a").object();
      var event = ((Events) watch.take(10)).events().getFirst();
      assertThat(event.object().revision()).isEqualTo(deleted.revision()).isGreaterThan(revision);
      assertThat(event.object().document()).isEqualTo(deleted.document());
    }
  }

  @Test
  void oneObjectByItsName() {
    create("a", "x");
    create("b", "x");
    try (var watch =
        fixture.registry.watch(ResourceTypes.LEASE, "default", "b", WatchOptions.ALL)) {
      label("a", "y");
      label("b", "y");
      assertThat(taken(watch)).containsExactly("ADDED b x", "MODIFIED b y");
    }
    try (var watch =
        fixture.registry.watch(
            ResourceTypes.LEASE, null, null, new WatchOptions(null, "metadata.name=a", "0"))) {
      label("b", "z");
      label("a", "z");
      assertThat(taken(watch)).containsExactly("ADDED a y", "MODIFIED a z");
    }
  }

  @Test
  void tellsWhenThereIsSomethingToTake() {
    create("a", "x");
    var calls = new AtomicInteger();
    try (var watch = watch(null, null)) {
      watch.onReady(calls::incrementAndGet);
      assertThat(calls).hasPositiveValue();
      assertThat(taken(watch)).hasSize(1);
      calls.set(0);
      watch.onReady(calls::incrementAndGet);
      assertThat(calls).hasValue(0);
      create("b", "x");
      assertThat(calls).hasPositiveValue();
    }
  }

  @Test
  void fromAVersionThatIsGoneOrNotThereYet() {
    create("a", "x");
    create("b", "x");
    fixture.store.compact(fixture.store.revision());
    var gone = rejected(() -> watch(null, "1"));
    assertThat(gone.code()).isEqualTo(410);
    assertThat(gone.reason()).isEqualTo("Expired");
    var future = rejected(() -> watch(null, "999"));
    assertThat(future.code()).isEqualTo(504);
    assertThat(future.message()).startsWith("Too large resource version: 999, current: ");
    assertThat(rejected(() -> watch(null, "x")).code()).isEqualTo(400);
    assertThat(rejected(() -> watch("a in", null)).code()).isEqualTo(400);
  }

  @Test
  void aSlowWatcherEndsAndCanGoOnWhereItWas() {
    var slow = new Fixture(new InMemoryObjectStore(2));
    try (var watch = slow.registry.watch(ResourceTypes.LEASE, "default", null, WatchOptions.ALL)) {
      for (var name : List.of("a", "b", "c", "d")) {
        slow.create(ResourceTypes.LEASE, "{'metadata':{'name':'" + name + "'}}");
      }
      var progress = 0L;
      var batch = watch.take(10);
      while (batch instanceof Events(var events, var reached)) {
        progress = reached;
        batch = watch.take(10);
      }
      assertThat(batch).isEqualTo(new Ended(null));
      try (var resumed =
          slow.registry.watch(
              ResourceTypes.LEASE,
              "default",
              null,
              new WatchOptions(null, null, Long.toString(progress)))) {
        assertThat(taken(resumed)).isNotEmpty().last().isEqualTo("ADDED d -");
      }
    }
  }
}
