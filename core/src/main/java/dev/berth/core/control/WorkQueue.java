package dev.berth.core.control;

import dev.berth.core.storage.ObjectKey;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** The keys that a reconciler has to look at, in some order, each at most once. */
public interface WorkQueue {

  /** Something became different: takes in what may be worth a look now. */
  void observe(Transition transition, ClusterView view, Instant now);

  /** The key is worth a look. */
  void add(ObjectKey key, Instant now);

  /** Takes the next key that is due; null for none. */
  @Nullable ObjectKey poll(Instant now);

  /** The key was looked at, and that was decided; its writes, if any, are on their way. */
  void decided(ObjectKey key, Plan.Next next, Instant now);

  /**
   * What was decided could not be done: look again, each time later.
   *
   * @param fresh whether better knowledge is there already, so that the first retry need not wait
   */
  void failed(ObjectKey key, boolean fresh, Instant now);

  /** What was decided has been done. */
  void succeeded(ObjectKey key);

  /** When there may be something to poll: in the past when now, null when nothing is planned. */
  @Nullable Instant next();

  /** How many keys it holds, due or planned. */
  int size();

  /** Forgets everything. */
  void clear();
}
