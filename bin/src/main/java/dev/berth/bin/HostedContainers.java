package dev.berth.bin;

import dev.berth.core.node.ContainerAccess;
import dev.berth.core.node.ContainerAccessException;
import dev.berth.core.node.ContainerTarget;
import dev.berth.core.node.ExecCommand;
import dev.berth.core.node.ExecOutput;
import dev.berth.core.node.ExecSession;
import dev.berth.core.node.LogQuery;
import java.io.InputStream;
import java.util.Map;

/**
 * The containers of all nodes in this process.
 *
 * @param nodes by name
 */
record HostedContainers(Map<String, ContainerAccess> nodes) implements ContainerAccess {

  @Override
  public ExecSession exec(ContainerTarget target, ExecCommand command, ExecOutput output)
      throws ContainerAccessException, InterruptedException {
    return of(target).exec(target, command, output);
  }

  @Override
  public InputStream logs(ContainerTarget target, LogQuery query)
      throws ContainerAccessException, InterruptedException {
    return of(target).logs(target, query);
  }

  private ContainerAccess of(ContainerTarget target) throws ContainerAccessException {
    var node = nodes.get(target.node());
    if (node == null) {
      throw new ContainerAccessException(
          ContainerAccessException.Reason.NOT_FOUND,
          target
              + " is on node \""
              + target.node()
              + "\", which this server does not host: it hosts "
              + (nodes.isEmpty() ? "none" : String.join(", ", nodes.keySet())));
    }
    return node;
  }
}
