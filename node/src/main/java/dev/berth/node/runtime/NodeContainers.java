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

/** Commands in, and output of, the containers of one node: of the latest run of each. */
public final class NodeContainers implements ContainerAccess {
  private final ContainerRuntime runtime;

  public NodeContainers(ContainerRuntime runtime) {
    this.runtime = runtime;
  }

  @Override
  public ExecSession exec(ContainerTarget target, ExecCommand command, ExecOutput output)
      throws ContainerAccessException, InterruptedException {
    try {
      return runtime.exec(find(target, false), command, output);
    } catch (ContainerFailure e) {
      throw refused(target, e);
    }
  }

  @Override
  public InputStream logs(ContainerTarget target, LogQuery query)
      throws ContainerAccessException, InterruptedException {
    try {
      return runtime.logs(find(target, query.previous()), query);
    } catch (ContainerFailure e) {
      throw refused(target, e);
    }
  }

  private ContainerId find(ContainerTarget target, boolean previous)
      throws ContainerAccessException {
    var runs =
        runtime.list().stream()
            .map(ContainerStatus::id)
            .filter(id -> id.podUid().equals(target.podUid()))
            .filter(id -> id.container().equals(target.container()))
            .sorted(Comparator.comparingInt(ContainerId::attempt).reversed())
            .toList();
    var index = previous ? 1 : 0;
    if (runs.size() <= index) {
      throw new ContainerAccessException(
          ContainerAccessException.Reason.NOT_FOUND,
          previous
              ? "there is no earlier run of %s on node %s".formatted(target, target.node())
              : "%s is waiting to start on node %s".formatted(target, target.node()));
    }
    return runs.get(index);
  }

  private static ContainerAccessException refused(ContainerTarget target, ContainerFailure e) {
    var reason =
        switch (e.reason()) {
          case NOT_FOUND -> ContainerAccessException.Reason.NOT_FOUND;
          case NOT_RUNNING -> ContainerAccessException.Reason.NOT_RUNNING;
          case RUN_FAILED, CONFIG_INVALID -> ContainerAccessException.Reason.CANNOT_START;
          case TOO_MANY_SESSIONS -> ContainerAccessException.Reason.BUSY;
          case IMAGE_UNAVAILABLE,
              IMAGE_NAME_INVALID,
              CREATE_FAILED,
              KILL_FAILED,
              REMOVE_FAILED,
              RUNTIME_UNAVAILABLE ->
              ContainerAccessException.Reason.FAULT;
        };
    return new ContainerAccessException(reason, target + ": " + e.getMessage(), e);
  }
}
