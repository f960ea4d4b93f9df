package dev.berth.core.registry;

import dev.berth.core.model.Event;
import dev.berth.core.model.Json;
import dev.berth.core.model.ResourceTypes;
import dev.berth.core.storage.Expectation;
import dev.berth.core.storage.ObjectKey;
import dev.berth.core.storage.ObjectStore;
import dev.berth.core.storage.Scope;
import dev.berth.core.storage.StoreException;
import dev.berth.core.storage.StoredObject;
import dev.berth.core.storage.Transaction;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** Forgets events: the old ones, and the oldest ones where there are too many. */
public final class EventExpiry {

  /** How long an event is kept after it last happened, unless said otherwise. */
  public static final Duration DEFAULT_TTL = Duration.ofHours(1);

  /** Events that are kept, unless said otherwise: some 20 MB. */
  public static final int DEFAULT_MOST = 20_000;

  private static final int CHUNK = 500;

  private record Aged(ObjectKey key, long revision, Instant last) {}

  private final ObjectStore store;
  private final InstantSource clock;
  private final Duration ttl;
  private final int most;

  /**
   * @param ttl how long an event is kept after it last happened
   * @param most events that are kept
   */
  public EventExpiry(ObjectStore store, InstantSource clock, Duration ttl, int most) {
    this.store = store;
    this.clock = clock;
    this.ttl = ttl;
    this.most = most;
  }

  /**
   * Removes what need not be kept; to be called again and again. Events that happen once more at
   * the same moment stay.
   *
   * @return how many were removed
   * @throws StoreException when the store cannot do it now; what was removed before stays removed
   */
  public int run() {
    var events = read();
    events.sort(Comparator.comparing(Aged::last));
    var deadline = clock.instant().minus(ttl);
    var tooMany = events.size() - most;
    var removed = 0;
    var batch = new ArrayList<Aged>();
    for (var i = 0; i < events.size(); i++) {
      if (i >= tooMany && events.get(i).last().isAfter(deadline)) {
        break;
      }
      batch.add(events.get(i));
      if (batch.size() == Transaction.MAX_WRITES) {
        removed += remove(batch);
        batch.clear();
      }
    }
    return removed + remove(batch);
  }

  private List<Aged> read() {
    var events = new ArrayList<Aged>();
    var listing = store.list(Scope.of(ResourceTypes.EVENT.resource()), 0, null, CHUNK);
    while (true) {
      listing.objects().forEach(object -> events.add(aged(object)));
      if (listing.next() == null) {
        return events;
      }
      listing =
          store.list(
              Scope.of(ResourceTypes.EVENT.resource()), listing.revision(), listing.next(), CHUNK);
    }
  }

  private static Aged aged(StoredObject object) {
    var event = Json.view(object.document(), Event.class);
    var last =
        Stream.of(event.metadata().creationTimestamp(), event.lastTimestamp())
            .filter(moment -> moment != null)
            .max(Comparator.naturalOrder())
            .orElse(Instant.EPOCH);
    return new Aged(object.key(), object.revision(), last);
  }

  private int remove(List<Aged> batch) {
    if (batch.isEmpty()) {
      return 0;
    }
    try {
      Commits.await(store, Transaction.of(steps(batch)));
      return batch.size();
    } catch (StoreException.Conflict conflict) {
      // One of them happened again, or is gone: it alone is passed over.
      if (batch.size() == 1) {
        return 0;
      }
      var removed = 0;
      for (var event : batch) {
        removed += remove(List.of(event));
      }
      return removed;
    }
  }

  private static List<Transaction.Step> steps(List<Aged> batch) {
    return batch.stream()
        .<Transaction.Step>map(
            event -> new Transaction.Delete(event.key(), Expectation.at(event.revision())))
        .toList();
  }
}
