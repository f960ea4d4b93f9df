package dev.berth.core.control;

import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Function;

/**
 * Questions of others about the image. They are asked on any thread, and answered on the control
 * loop's between two decisions, a few in a step, so that neither needs a copy of the image nor
 * waits long.
 */
final class Inquiries {
  private static final int MOST_PER_STEP = 4;

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
  private volatile boolean closed;

  Inquiries(Runnable wake) {
    this.wake = wake;
  }

  <T> CompletableFuture<T> ask(long revision, Function<ClusterView, T> question) {
    var inquiry = new Inquiry<>(revision, question, new CompletableFuture<>());
    asked.add(inquiry);
    wake.run();
    if (closed) {
      close();
    }
    return inquiry.answer();
  }

  /** Answers what the image is new enough for; whether more could be answered right now. */
  boolean answer(ClusterView view) {
    for (var inquiry = asked.poll(); inquiry != null; inquiry = asked.poll()) {
      early.add(inquiry);
    }
    var answered = 0;
    for (var inquiries = early.iterator(); inquiries.hasNext(); ) {
      var inquiry = inquiries.next();
      if (inquiry.answer().isDone()) {
        inquiries.remove();
      } else if (inquiry.revision() <= view.revision()) {
        if (answered++ == MOST_PER_STEP) {
          return true;
        }
        inquiries.remove();
        inquiry.answer(view);
      }
    }
    return false;
  }

  /** Nothing is answered any more. */
  void close() {
    closed = true;
    for (var inquiry = asked.poll(); inquiry != null; inquiry = asked.poll()) {
      inquiry.answer().cancel(false);
    }
  }
}
