package dev.berth.node.runtime;

import dev.berth.core.node.ExecCommand;
import dev.berth.core.node.ExecOutput;
import dev.berth.core.node.ExecSession;
import dev.berth.core.node.LogQuery;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Runs containers. They do not depend on this process: they and their logs go on when it dies, and
 * the next one finds them again.
 *
 * <p>The calls wait for child processes and disks: they belong on a pod's own (virtual) thread.
 * Calls about one container exclude each other, calls about different ones do not. An interrupted
 * call throws InterruptedException and leaves a state from which the same call goes on.
 */
public interface ContainerRuntime extends AutoCloseable {

  /**
   * Whether containers can be run here; found out once, in the background, and then remembered.
   *
   * @return name and version of what runs them, for the node's status
   * @throws ContainerFailure RUNTIME_UNAVAILABLE, with the remedy
   */
  String version() throws ContainerFailure, InterruptedException;

  /**
   * Brings what an earlier process left into order: finds every container of this node that still
   * runs or has exited meanwhile, and takes away what was half made. To be called once, before
   * anything else; returns when {@link #list} is complete.
   */
  void recover() throws ContainerFailure, InterruptedException;

  /**
   * Names the one to tell about containers that have exited, those among them that exited while no
   * server ran (told after {@link #recover}, again and again at every start until they are
   * removed). Called from the runtime's own thread: it must only hand over. Events may come more
   * than once and, if a container's monitor was killed, some seconds late.
   */
  void onExit(Consumer<ContainerStatus> listener);

  /**
   * Makes sure that the container was started once. Returns its status: usually Running, Exited
   * when this attempt is already over. Volumes must be mounted and stay so until it has exited.
   *
   * @throws ContainerFailure when it could not be; nothing of it is then left but its log, and the
   *     same attempt may be started again
   */
  ContainerStatus start(ContainerSpec spec) throws ContainerFailure, InterruptedException;

  /** All containers of this node that were started and not removed, exited ones too. */
  List<ContainerStatus> list();

  /** The container's status now, if the runtime knows it. */
  Optional<ContainerStatus> status(ContainerId id);

  /**
   * Ends the container: SIGTERM, and after {@code grace} SIGKILL for all of its processes. Does
   * nothing when it has exited or does not exist. A second call with a shorter grace from another
   * thread shortens the first one's wait.
   *
   * @throws ContainerFailure KILL_FAILED when a process survives SIGKILL: its volumes are in use
   */
  void stop(ContainerId id, Duration grace) throws ContainerFailure, InterruptedException;

  /**
   * Takes away every trace of a container, its log included; one that still runs is killed first.
   * Does nothing when it does not exist.
   */
  void remove(ContainerId id) throws ContainerFailure, InterruptedException;

  /** Removes all containers of the pod and what they shared: directories, control groups. */
  void removePod(String podUid) throws ContainerFailure, InterruptedException;

  /** The uids of all pods that have control groups here, by the directories of these. */
  default Map<Path, String> controlGroups() throws IOException {
    return Map.of();
  }

  /**
   * Starts a command in a running container.
   *
   * @throws ContainerFailure NOT_FOUND, NOT_RUNNING, or RUN_FAILED when there is no such program
   */
  ExecSession exec(ContainerId id, ExecCommand command, ExecOutput output)
      throws ContainerFailure, InterruptedException;

  /**
   * Opens the log of one run, whatever {@link LogQuery#previous} says; see {@link
   * dev.berth.core.node.ContainerAccess#logs} for how the stream behaves.
   *
   * @throws ContainerFailure NOT_FOUND when there is no such container
   */
  InputStream logs(ContainerId id, LogQuery query) throws ContainerFailure, InterruptedException;

  /** Lets go of threads and watches. Containers run on. */
  @Override
  void close();
}
