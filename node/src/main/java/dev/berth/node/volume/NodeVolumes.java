package dev.berth.node.volume;

import dev.berth.core.model.ObjectReference;
import dev.berth.core.model.PersistentVolume;
import dev.berth.core.node.NodeStorage;
import dev.berth.core.node.VolumeUsage;
import dev.berth.core.registry.EventSink;
import dev.berth.core.registry.Resources;
import dev.berth.node.config.Surroundings;
import dev.berth.node.disk.DiskVitals;
import dev.berth.node.disk.LoopDevices;
import dev.berth.node.disk.LoopImages;
import dev.berth.node.linux.ChildProcesses;
import dev.berth.node.plugin.Alongside;
import dev.berth.node.plugin.DiskSurvey;
import dev.berth.node.plugin.DiskTools;
import dev.berth.node.plugin.EmptyDirs;
import dev.berth.node.plugin.FileVolumes;
import dev.berth.node.plugin.HostPaths;
import dev.berth.node.plugin.ImageOwners;
import dev.berth.node.plugin.LocalBlocks;
import dev.berth.node.plugin.LocalDirectories;
import dev.berth.node.plugin.LocalDisks;
import dev.berth.node.plugin.LocalMemory;
import dev.berth.node.plugin.LocalPlaces;
import dev.berth.node.plugin.LocalVolumes;
import dev.berth.node.plugin.LocalWipe;
import dev.berth.node.plugin.LoopPools;
import dev.berth.node.plugin.LoopProvisioner;
import dev.berth.node.plugin.LoopVolumes;
import dev.berth.node.plugin.MountTools;
import dev.berth.node.plugin.NfsVolumes;
import dev.berth.node.plugin.PodFiles;
import dev.berth.node.plugin.StagedVolume;
import dev.berth.node.plugin.SubPaths;
import dev.berth.node.plugin.VolumeDisks;
import dev.berth.node.plugin.VolumeId;
import dev.berth.node.plugin.VolumeObjects;
import dev.berth.node.plugin.VolumePaths;
import dev.berth.node.plugin.VolumePlugin;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The volume manager of a node with all of its plugins, wired together. */
public final class NodeVolumes implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(NodeVolumes.class);

  private final VolumeLoop loop;
  private final MountReconstructor reconstructor;
  private final VolumeObjects objects;
  private final LocalMemory memory;
  private final DiskSurvey survey;
  private final VolumeUsages usages;
  private final DiskWatch watch;
  private final OrphanWatch orphans;
  private final CapacityReports capacities;
  private final List<VolumePlugin> plugins;
  private final String name;
  private Thread recognition = Thread.ofVirtual().unstarted(() -> {});

  /**
   * What volumes are made with.
   *
   * @param children the ones that disks and mounts use: see {@link OperationChildren}
   * @param pools directories for the images of loop volumes, by name
   * @param plainDirectories whether a local volume may be a directory that is no mount point
   */
  public record Tools(
      DiskTools disks,
      MountTools mounts,
      ChildProcesses children,
      LoopDevices loops,
      LoopImages images,
      Map<String, Path> pools,
      boolean plainDirectories) {}

  /**
   * Who the node is.
   *
   * @param labels of its Node, as they are now
   */
  public record Identity(
      String name,
      VolumePaths paths,
      Supplier<Map<String, String>> labels,
      Voice voice,
      ControlGroups groups) {}

  /** The uids of pods by the directories of their control groups. */
  @FunctionalInterface
  public interface ControlGroups {
    Map<Path, String> read() throws IOException;
  }

  /** How the node speaks of itself in the API. */
  public interface Voice {
    /** The Node object, for events about it. */
    ObjectReference reference();

    /** Takes the volumes whose disks fail, each with what is wrong, at every look at them. */
    void failingDisks(Map<String, String> volumes);
  }

  public NodeVolumes(
      Identity node,
      Tools tools,
      Resources resources,
      EventSink events,
      VolumeLoop.InUse inUse,
      VolumeMeters meters,
      UsageMeters usageMeters,
      HealthMeters healthMeters,
      InstantSource clock,
      Surroundings surroundings) {
    var paths = node.paths();
    name = node.name();
    objects = new ApiVolumeObjects(resources, events);
    memory = new LocalMemory(paths, tools.disks().journal());
    var places = new LocalPlaces(tools.disks().devices(), tools.mounts().table());
    var blocks =
        new LocalBlocks(
            tools.disks(), tools.mounts(), objects, paths, tools.loops(), tools.children());
    var directories =
        new LocalDirectories(tools.mounts().guard(), objects, paths, tools.plainDirectories());
    var local =
        new LocalVolumes(
            new LocalDisks(
                LocalVolumes.NAME,
                tools.disks(),
                tools.mounts(),
                objects,
                paths,
                clock,
                Alongside.onVirtualThread()),
            blocks,
            directories,
            places,
            tools.disks().inHand(),
            tools.mounts(),
            new PodFiles(tools.children()),
            paths);
    Predicate<PersistentVolume> here =
        volume -> volume.reachableFrom(node.name(), node.labels().get());
    var owners = new ImageOwners(objects, paths, here);
    var pools = new LoopPools(node.name(), tools.pools(), tools.mounts().guard(), paths);
    capacities =
        new CapacityReports(
            node.name(),
            tools.pools().keySet(),
            pools,
            tools.children(),
            resources,
            events,
            node.voice()::reference);
    var loop =
        new LoopVolumes(
            new LocalVolumes(
                LoopVolumes.NAME,
                new LocalDisks(
                    LoopVolumes.NAME,
                    tools.disks(),
                    tools.mounts(),
                    objects,
                    paths,
                    clock,
                    Alongside.onVirtualThread()),
                blocks,
                directories,
                places,
                tools.disks().inHand(),
                tools.mounts(),
                new PodFiles(tools.children()),
                paths),
            tools.disks(),
            tools.mounts(),
            pools,
            tools.images(),
            tools.loops(),
            objects,
            paths,
            owners);
    plugins =
        new ArrayList<>(
            List.of(
                local,
                loop,
                new HostPaths(tools.children(), paths),
                new EmptyDirs(tools.mounts(), paths),
                new NfsVolumes(
                    tools.mounts(), paths, tools.children(), Path.of("/proc/filesystems"))));
    for (var kind : FileVolumes.Kind.values()) {
      plugins.add(new FileVolumes(kind, tools.mounts(), paths, clock));
    }
    var subPaths = new SubPaths(tools.mounts(), paths);
    var wipe =
        new LocalWipe(
            node.name(),
            tools.disks(),
            tools.mounts(),
            directories,
            places,
            objects,
            paths,
            meters.wipes(node.name()),
            clock);
    var vitals = new DiskVitals(Path.of("/sys"));
    survey = new DiskSurvey(tools.disks(), objects, here, vitals);
    reconstructor = new MountReconstructor(paths, tools.mounts().table(), plugins);
    this.loop =
        new VolumeLoop(
            node.name(),
            new VolumeOperations(
                plugins,
                subPaths,
                wipe,
                new LoopProvisioner(
                        node.name(), pools, tools.images(), objects, owners, memory, capacities)
                    ::carryOut,
                new VolumeGrowth(resources, events, objects)::carryOut),
            subPaths,
            new DemandResolver(resources, node.name(), node.labels(), surroundings),
            inUse,
            new VolumeReports(events, meters),
            meters,
            clock);
    usages =
        new VolumeUsages(
            node.name(),
            this.loop::wanted,
            paths,
            tools.mounts().table(),
            tools.children(),
            usageMeters,
            clock);
    watch =
        new DiskWatch(
            node.name(),
            new DiskExamination(
                new VolumeDisks(objects, places, tools.mounts(), paths, here),
                vitals,
                tools.children(),
                clock),
            new HealthReports(resources, events, node.voice()::reference, clock),
            this::doubt,
            node.voice()::failingDisks,
            healthMeters,
            RandomGenerator.getDefault());
    orphans =
        new OrphanWatch(
            node.name(),
            new OrphanSearch(
                node.name(),
                new OrphanSearch.Parts(
                    paths,
                    tools.mounts().table(),
                    plugins,
                    tools.pools(),
                    memory,
                    tools.loops(),
                    tools.children(),
                    tools.mounts().removal(),
                    node.groups()),
                resources,
                objects,
                here),
            events,
            node.voice()::reference,
            healthMeters,
            RandomGenerator.getDefault());
  }

  /** Has a volume compared with its disk again, for every pod that wants it. */
  private void doubt(VolumeId volume) {
    for (var wanted : loop.wanted()) {
      if (wanted.id().equals(volume)) {
        try {
          loop.verify(wanted.pod().uid());
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          return;
        }
      }
    }
  }

  /**
   * Finds what an earlier process left, and starts.
   *
   * @throws IOException when the node's root or the mount table cannot be read
   */
  public void start() throws IOException {
    var found = reconstructor.reconstruct();
    LOG.info(
        "serves volumes of {}; found {} of the node and {} of pods from before",
        plugins.stream().map(VolumePlugin::name).toList(),
        found.staged().size(),
        found.published().size());
    recognition =
        Thread.ofPlatform()
            .daemon()
            .name("recognition on " + name)
            .start(() -> recognise(found.staged()));
    loop.start(found, reconstructor::mounted);
    usages.start();
    watch.start();
    orphans.start();
  }

  /** Beside the start, which waits for no disk. */
  private void recognise(List<StagedVolume> found) {
    try {
      for (var plugin : plugins) {
        plugin.recognise(found);
      }
    } catch (IOException e) {
      LOG.warn("the disks that are mounted are looked at one by one: {}", e.getMessage());
    } catch (InterruptedException e) {
      LOG.debug("the look at the disks that are mounted was given up");
    }
  }

  /**
   * Forgets the volumes that do not exist any more.
   *
   * @return whether that is done; false as long as something of one of them is here
   */
  public boolean forgetDeleted() throws IOException {
    // In this order: what is remembered now had a volume, and a volume that is gone never returns.
    var deleted = memory.uids();
    if (deleted.isEmpty()) {
      return true;
    }
    deleted.removeAll(objects.uids());
    // An operation that is under way has left its record before it did anything else.
    var here = reconstructor.reconstruct();
    var used = new HashSet<String>();
    here.staged().forEach(volume -> used.add(volume.uid()));
    here.published().forEach(volume -> used.add(volume.uid()));
    for (var uid : deleted) {
      if (!used.contains(uid)) {
        memory.forget(uid);
        LOG.info("the volume with uid {} does not exist any more and is forgotten", uid);
      }
    }
    return deleted.stream().noneMatch(used::contains);
  }

  /** Looks at the disks that volumes are on, those that they could be on, and what nobody owns. */
  public NodeStorage storage() throws IOException, InterruptedException {
    watch.look();
    return new NodeStorage(survey.survey(), orphans.show());
  }

  /** Looks for what nobody owns; what was there at the look before this one too. */
  public Set<String> orphans() throws InterruptedException {
    return orphans.look().stream().map(Orphan::message).collect(Collectors.toSet());
  }

  /** How full the claims of this node are. */
  public List<VolumeUsage> usage() throws InterruptedException {
    return usages.now();
  }

  public VolumeLoop loop() {
    return loop;
  }

  /** What it tells of the space in its pools. */
  public CapacityReports capacities() {
    return capacities;
  }

  /** The kinds of volumes that this node serves. */
  public List<VolumePlugin> plugins() {
    return List.copyOf(plugins);
  }

  @Override
  public void close() {
    capacities.close();
    orphans.close();
    watch.close();
    usages.close();
    recognition.interrupt();
    loop.close();
  }
}
