package dev.berth.core.control;

import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Questions of others about the image. They are asked on any thread, and answered on the control
 * loop's between two decisions, so that nobody needs a copy of the image. One is answered at a
 * time, and many decisions come between two answers while there are any that can be made: whoever
 * asks without end slows the decider down, and does not stop it.
 */
final class Inquiries {

  /** An answer about thousands of nodes takes as long as a hundred decisions. */
  static final int DECISIONS_BETWEEN = 512;

  private record Inquiry<T>(
      long revision, Function<ClusterView, T> question, CompletableFuture<T> answer) {

    void answer(ClusterView view) {
      try {
        answer.complete(question.apply(view));
      } catch (RuntimeException e) {
        answer.completeExceptionally(e);
      }
    }
  }

  private final Queue<Inquiry<?>> asked = new ConcurrentLinkedQueue<>();
  private final Queue<Inquiry<?>> early = new ArrayDeque<>();
  private final Runnable wake;

  /** So many decisions come before the next answer, if there are as many to make. */
  private int decisionsFirst;

  private volatile boolean closed;

  Inquiries(Runnable wake) {
    this.wake = wake;
  }

  <T> CompletableFuture<T> ask(long revision, Function<ClusterView, T> question) {
    var inquiry = new Inquiry<>(revision, question, new CompletableFuture<>());
    asked.add(inquiry);
    wake.run();
    if (closed) {
      inquiry.answer().cancel(false);
    }
    return inquiry.answer();
  }

  /** Answers the first one that the image is new enough for, if it is its time. */
  void answer(ClusterView view) {
    var inquiry = decisionsFirst == 0 ? next(view) : null;
    if (inquiry != null) {
      early.remove(inquiry);
      inquiry.answer(view);
      decisionsFirst = DECISIONS_BETWEEN;
    }
  }

  /** Notes a decision. */
  void decided() {
    decisionsFirst = Math.max(0, decisionsFirst - 1);
  }

  /** Notes that nothing is due, or has to wait for the store: whoever asks holds up nobody. */
  void nothingToDecide() {
    decisionsFirst = 0;
  }

  /** Whether one could be answered right now. */
  boolean pending(ClusterView view) {
    return decisionsFirst == 0 && next(view) != null;
  }

  private @Nullable Inquiry<?> next(ClusterView view) {
    takeAsked();
    early.removeIf(inquiry -> inquiry.answer().isDone());
    for (var inquiry : early) {
      if (inquiry.revision() <= view.revision()) {
        return inquiry;
      }
    }
    return null;
  }

  private void takeAsked() {
    for (var inquiry = asked.poll(); inquiry != null; inquiry = asked.poll()) {
      early.add(inquiry);
    }
  }

  /** Nothing is answered any more. On the thread that answers. */
  void close() {
    closed = true;
    takeAsked();
    early.forEach(inquiry -> inquiry.answer().cancel(false));
    early.clear();
  }
}
