package dev.berth.node.volume;

import dev.berth.node.disk.KernelLoopDevices;
import dev.berth.node.linux.ChildCommand;
import dev.berth.node.linux.ChildProcesses;
import dev.berth.node.plugin.Alongside;
import dev.berth.node.plugin.EmptyDirs;
import dev.berth.node.plugin.LocalBlocks;
import dev.berth.node.plugin.LocalDirectories;
import dev.berth.node.plugin.LocalDisks;
import dev.berth.node.plugin.LocalPlaces;
import dev.berth.node.plugin.LocalVolumes;
import dev.berth.node.plugin.LocalWipe;
import dev.berth.node.plugin.PodFiles;
import dev.berth.node.plugin.SubPaths;
import dev.berth.node.plugin.VolumePlugin;
import dev.berth.node.plugin.WipeGauge;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.time.InstantSource;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * One life of the server on the simulated host: the volume manager's state machine with its real
 * plugins, which has taken over what was there.
 */
final class SimulatedProcess {
  final SimulatedTools tools;
  final VolumeOperations operations;
  final MountReconstructor reconstructor;
  final VolumeWorld world;

  SimulatedProcess(String node, SimulatedHost host, SimulatedObjects objects, InstantSource clock)
      throws IOException {
    tools = new SimulatedTools(host, clock::instant);
    var disks = tools.disks();
    var mounts = tools.mounts();
    var places = new LocalPlaces(disks.devices(), mounts.table());
    var directories = new LocalDirectories(mounts.guard(), objects, host.paths, false);
    var local =
        new LocalVolumes(
            new LocalDisks(
                LocalVolumes.NAME,
                disks,
                mounts,
                objects,
                host.paths,
                clock,
                inSomeOrder(host.random)),
            new LocalBlocks(
                disks,
                mounts,
                objects,
                host.paths,
                new KernelLoopDevices(mounts.syscalls()),
                noChildren()),
            directories,
            places,
            disks.inHand(),
            mounts,
            new PodFiles(noChildren()),
            host.paths);
    List<VolumePlugin> plugins = List.of(local, new EmptyDirs(mounts, host.paths));
    var wipe =
        new LocalWipe(
            node, disks, mounts, directories, places, objects, host.paths, WipeGauge.NONE, clock);
    operations =
        new VolumeOperations(
            plugins,
            new SubPaths(mounts, host.paths),
            wipe,
            (name, uid) -> {
              throw new AssertionError("nothing is provisioned here: " + name);
            },
            (plugin, wanted, request) -> {
              throw new AssertionError("nothing grows here: " + wanted);
            });
    reconstructor = new MountReconstructor(host.paths, mounts.table(), plugins);
    world =
        new VolumeWorld(
            operations::staged, volume -> operations.plugin(volume.id()).hostPath(volume));
    world.found(reconstructor.reconstruct());
  }

  /** Things that are done at the same time: one is through before the other, whichever. */
  private static Alongside inSomeOrder(RandomGenerator random) {
    return new Alongside() {
      @Override
      public <T> T both(Side side, Main<T> main) throws IOException, InterruptedException {
        if (random.nextBoolean()) {
          side.run();
          return main.run();
        }
        var result = main.run();
        side.run();
        return result;
      }
    };
  }

  private static ChildProcesses noChildren() {
    return (ChildProcesses)
        Proxy.newProxyInstance(
            ChildCommand.class.getClassLoader(),
            new Class<?>[] {ChildProcesses.class},
            (proxy, method, arguments) -> {
              throw new UnsupportedOperationException(method.getName());
            });
  }
}
