package dev.berth.node.runtime;

import dev.berth.core.node.ContainerAccess;
import dev.berth.core.node.ContainerAccessException;
import dev.berth.core.node.ContainerTarget;
import dev.berth.core.node.ExecCommand;
import dev.berth.core.node.ExecOutput;
import dev.berth.core.node.ExecSession;
import dev.berth.core.node.LogQuery;
import java.io.InputStream;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/** Gives access to the containers of the nodes of this process. */
public final class NodeContainers implements ContainerAccess {
  private final Map<String, ContainerRuntime> runtimes;

  /**
   * For the nodes of this process.
   *
   * @param runtimes by the nodes' names
   */
  public NodeContainers(Map<String, ? extends ContainerRuntime> runtimes) {
    this.runtimes = Map.copyOf(runtimes);
  }

  @Override
  public ExecSession exec(ContainerTarget target, ExecCommand command, ExecOutput output)
      throws ContainerAccessException, InterruptedException {
    var runtime = runtime(target);
    try {
      return runtime.exec(runs(runtime, target).getFirst(), command, output);
    } catch (ContainerFailure e) {
      throw refusal(e);
    }
  }

  @Override
  public InputStream logs(ContainerTarget target, LogQuery query)
      throws ContainerAccessException, InterruptedException {
    var runtime = runtime(target);
    var runs = runs(runtime, target);
    if (query.previous() && runs.size() < 2) {
      throw new ContainerAccessException(
          ContainerAccessException.Reason.NOT_FOUND,
          "previous terminated %s not found".formatted(target));
    }
    try {
      return runtime.logs(runs.get(query.previous() ? 1 : 0), query);
    } catch (ContainerFailure e) {
      throw refusal(e);
    }
  }

  private ContainerRuntime runtime(ContainerTarget target) throws ContainerAccessException {
    var runtime = runtimes.get(target.node());
    if (runtime == null) {
      throw new ContainerAccessException(
          ContainerAccessException.Reason.NOT_FOUND,
          "%s is on node \"%s\", which this server does not run".formatted(target, target.node()));
    }
    return runtime;
  }

  /** The runs of the container that are still known, the latest first; at least one. */
  private static List<ContainerId> runs(ContainerRuntime runtime, ContainerTarget target)
      throws ContainerAccessException {
    var runs =
        runtime.list().stream()
            .map(ContainerStatus::id)
            .filter(
                id ->
                    id.podUid().equals(target.podUid())
                        && id.container().equals(target.container()))
            .sorted(Comparator.comparingInt(ContainerId::attempt).reversed())
            .toList();
    if (runs.isEmpty()) {
      throw new ContainerAccessException(
          ContainerAccessException.Reason.NOT_FOUND,
          "%s has not been started, or is gone".formatted(target));
    }
    return runs;
  }

  private static ContainerAccessException refusal(ContainerFailure failure) {
    var reason =
        switch (failure.reason()) {
          case NOT_FOUND -> ContainerAccessException.Reason.NOT_FOUND;
          case NOT_RUNNING -> ContainerAccessException.Reason.NOT_RUNNING;
          case RUN_FAILED -> ContainerAccessException.Reason.CANNOT_START;
          case TOO_MANY_SESSIONS -> ContainerAccessException.Reason.BUSY;
          case IMAGE_UNAVAILABLE,
              IMAGE_NAME_INVALID,
              CONFIG_INVALID,
              CREATE_FAILED,
              KILL_FAILED,
              REMOVE_FAILED,
              RUNTIME_UNAVAILABLE ->
              ContainerAccessException.Reason.FAULT;
        };
    return new ContainerAccessException(reason, String.valueOf(failure.getMessage()), failure);
  }
}
