package dev.berth.node.volume;

import dev.berth.core.registry.Rejection;
import dev.berth.core.storage.StoreException;
import dev.berth.node.plugin.Attempt;
import dev.berth.node.plugin.LocalWipe;
import dev.berth.node.plugin.PodVolume;
import dev.berth.node.plugin.Problem;
import dev.berth.node.plugin.SubPaths;
import dev.berth.node.plugin.VolumeId;
import dev.berth.node.plugin.VolumePlugin;
import java.io.IOException;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Carries operations out, each by the plugin of its volume. */
final class VolumeOperations {
  private static final Logger LOG = LoggerFactory.getLogger(VolumeOperations.class);

  /** Does what a volume asks of this node about its storage, if anything. */
  @FunctionalInterface
  interface Provisioner {
    Attempt carryOut(String name, String uid) throws IOException, InterruptedException;
  }

  /** Makes a volume larger and says so. */
  @FunctionalInterface
  interface Grower {
    Attempt carryOut(VolumePlugin plugin, PodVolume wanted, GrowthRequest request)
        throws IOException, InterruptedException;
  }

  private final Map<String, VolumePlugin> plugins = new HashMap<>();
  private final SubPaths subPaths;
  private final LocalWipe wipe;
  private final Provisioner provisioner;
  private final Grower grower;

  VolumeOperations(
      Collection<VolumePlugin> plugins,
      SubPaths subPaths,
      LocalWipe wipe,
      Provisioner provisioner,
      Grower grower) {
    this.provisioner = provisioner;
    this.grower = grower;
    plugins.forEach(plugin -> this.plugins.put(plugin.name(), plugin));
    this.subPaths = subPaths;
    this.wipe = wipe;
  }

  VolumePlugin plugin(VolumeId volume) {
    var plugin = plugins.get(volume.plugin());
    if (plugin == null) {
      throw new IllegalStateException("no plugin serves the volume " + volume);
    }
    return plugin;
  }

  boolean staged(VolumeId volume) {
    return plugin(volume).staged();
  }

  /**
   * Carries an operation out, on the calling thread. What is not expected leaves the volume
   * uncertain.
   */
  Attempt carryOut(VolumeOperation operation) throws InterruptedException {
    try {
      return switch (operation) {
        case VolumeOperation.Stage(var wanted) -> plugin(wanted.id()).stage(wanted.source());
        case VolumeOperation.Publish(var wanted) -> plugin(wanted.id()).publish(wanted);
        case VolumeOperation.Refresh(var wanted) -> plugin(wanted.id()).publish(wanted);
        case VolumeOperation.Unpublish(var from) -> {
          var stuck = subPaths.release(from.pod().uid(), from.volumeName());
          yield stuck.isPresent()
              ? new Attempt.Failed(stuck.get(), true)
              : plugin(from.id()).unpublish(from);
        }
        case VolumeOperation.Unstage(var from) -> plugin(from.id()).unstage(from);
        case VolumeOperation.Provision(var request) ->
            provisioner.carryOut(request.id().name(), request.uid());
        case VolumeOperation.Grow(var wanted, var request) ->
            grower.carryOut(plugin(wanted.id()), wanted, request);
        case VolumeOperation.Wipe(var request) ->
            wipe.wipe(request.id().name(), request.uid(), request.generation());
      };
    } catch (IOException | StoreException | Rejection e) {
      return new Attempt.Uncertain(new Problem(reason(operation), message(operation, e)));
    } catch (RuntimeException e) {
      LOG.error("{} failed unexpectedly", operation, e);
      return new Attempt.Uncertain(new Problem(reason(operation), message(operation, e)));
    }
  }

  /** Why a container that uses the volume must not be started, if so. */
  Optional<Problem> verify(PodVolume volume) throws InterruptedException {
    try {
      return plugin(volume.id()).verify(volume);
    } catch (IOException e) {
      return Optional.of(
          Problem.mount(
              "volume %s could not be compared with what it should be: %s"
                  .formatted(volume.id().name(), e.getMessage())));
    }
  }

  private static String message(VolumeOperation operation, Exception e) {
    return "volume %s: %s".formatted(operation.volume().name(), e.getMessage());
  }

  private static Problem.Reason reason(VolumeOperation operation) {
    return switch (operation) {
      case VolumeOperation.Stage _, VolumeOperation.Publish _, VolumeOperation.Refresh _ ->
          Problem.Reason.MOUNT;
      case VolumeOperation.Unpublish _, VolumeOperation.Unstage _ -> Problem.Reason.UNMOUNT;
      case VolumeOperation.Wipe _ -> Problem.Reason.WIPE;
      case VolumeOperation.Provision(var request) ->
          request.removal() ? Problem.Reason.WIPE : Problem.Reason.PROVISION;
      case VolumeOperation.Grow _ -> Problem.Reason.GROWTH;
    };
  }
}
