package dev.berth.node.sync;

import dev.berth.node.runtime.ContainerId;
import java.time.Instant;

/** Something to be done for a pod, on a thread that may wait. */
sealed interface PodAction {

  /** Two actions of one key are not done at the same time. */
  String key();

  /**
   * Start a container. Its volumes are ready.
   *
   * @param attempt which run of it
   */
  record Start(String container, int attempt) implements PodAction {
    @Override
    public String key() {
      return startKey(container);
    }
  }

  /** Give up a start that is under way. */
  record CancelStart(String container) implements PodAction {
    @Override
    public String key() {
      return "cancel/" + container;
    }
  }

  /**
   * Stop a container.
   *
   * @param deadline when it is killed
   */
  record Stop(ContainerId container, Instant deadline) implements PodAction {
    @Override
    public String key() {
      return "stop/" + container.container();
    }
  }

  /** Forget an old run and its log. */
  record Remove(ContainerId container) implements PodAction {
    @Override
    public String key() {
      return "remove/" + container.container() + "/" + container.attempt();
    }
  }

  /** Remove everything of the pod: its containers, its directory. Its volumes are gone. */
  record CleanUp() implements PodAction {
    @Override
    public String key() {
      return "clean up";
    }
  }

  /** Remove the pod from the API: nothing of it is left here. */
  record Delete() implements PodAction {
    @Override
    public String key() {
      return "delete";
    }
  }

  static String startKey(String container) {
    return "start/" + container;
  }
}
