package dev.berth.node;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.berth.core.model.Json;
import dev.berth.core.model.Node;
import dev.berth.core.model.ObjectReference;
import dev.berth.core.model.PersistentVolume;
import dev.berth.core.model.Pod;
import dev.berth.core.model.ResourceType;
import dev.berth.core.model.ResourceTypes;
import dev.berth.core.observe.Meters;
import dev.berth.core.registry.Bootstrap;
import dev.berth.core.registry.DeleteOptions;
import dev.berth.core.registry.Patch;
import dev.berth.core.registry.Registry;
import dev.berth.core.registry.Rejection;
import dev.berth.core.registry.Resources;
import dev.berth.core.registry.WriteOptions;
import dev.berth.core.storage.InMemoryObjectStore;
import dev.berth.node.disk.DiskDeadlines;
import dev.berth.node.disk.LoopDisks;
import dev.berth.node.disk.MountEntry;
import dev.berth.node.disk.MountTable;
import dev.berth.node.linux.ChildProcesses;
import dev.berth.node.linux.JnrSyscalls;
import dev.berth.node.linux.Syscalls;
import dev.berth.node.linux.SystemChildProcesses;
import dev.berth.node.plugin.VolumePaths;
import dev.berth.node.runtime.ContainerRuntime;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.awaitility.Awaitility;
import org.awaitility.core.ThrowingRunnable;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * The rest of the world for one node on this host: the API over a store in memory, an administrator
 * who makes and binds volumes, and the host itself. The node's root lies in the directory of the
 * loop disks, so that whatever a test leaves behind goes with them.
 */
public final class NodeWorld implements AutoCloseable {
  public static final String NODE = "node-1";
  public static final String NAMESPACE = "default";
  public static final DiskDeadlines DEADLINES =
      new DiskDeadlines(
          Duration.ofSeconds(3),
          Duration.ofSeconds(20),
          Duration.ofSeconds(5),
          Duration.ofMinutes(5));

  /** What was told to people. */
  public record Told(ObjectReference about, String type, String reason, String message) {}

  private static final Syscalls SYSCALLS = new JnrSyscalls();

  private final Path root;
  private final Registry registry;
  private final Resources seen;
  private final List<Told> events = new CopyOnWriteArrayList<>();
  private final ContainerRuntime runtime;
  private final NodeHost host;
  private final NodeMeters meters = new NodeMeters(Meters.none());
  private final Map<String, Path> pools = new HashMap<>();
  private boolean plainDirectories;
  private @Nullable NodeAgent agent;

  public NodeWorld(LoopDisks disks, ContainerRuntime runtime) {
    this(disks, runtime, children());
  }

  public NodeWorld(LoopDisks disks, ContainerRuntime runtime, ChildProcesses children) {
    this(
        disks.directory("node"),
        runtime,
        SYSCALLS,
        children,
        new Registry(
            new InMemoryObjectStore(), InstantSource.system(), new Random(7), Meters.none()));
    Bootstrap.ensure(registry);
  }

  /**
   * One life of a node's process.
   *
   * @param seen the API as the node sees it
   */
  NodeWorld(Path root, ContainerRuntime runtime, NodeHost host, Registry registry, Resources seen) {
    this.root = root;
    this.runtime = runtime;
    this.host = host;
    this.registry = registry;
    this.seen = seen;
  }

  private NodeWorld(
      Path root,
      ContainerRuntime runtime,
      Syscalls syscalls,
      ChildProcesses children,
      Registry registry) {
    this(
        root,
        runtime,
        NodeHost.of(syscalls, children, DEADLINES, InstantSource.system()),
        registry,
        registry);
  }

  /** The same API and the same disks for a new process. */
  public NodeWorld succeed(ContainerRuntime next) {
    return new NodeWorld(root, next, SYSCALLS, children(), registry);
  }

  /** The same API and the same disks for a process with another view of the host. */
  public NodeWorld on(Syscalls syscalls, ChildProcesses children) {
    return new NodeWorld(root, runtime, syscalls, children, registry);
  }

  /** The system's own programs; those that do not end are given up quickly. */
  public static ChildProcesses children() {
    return children(SystemChildProcesses.Limits.DEFAULT.toolDirectories());
  }

  /**
   * @param tools directories in which programs are looked for
   */
  public static ChildProcesses children(List<Path> tools) {
    var patience = Duration.ofMillis(200);
    return new SystemChildProcesses(
        new SystemChildProcesses.Limits(tools, 64, patience, patience), Meters.none());
  }

  public static Syscalls syscalls() {
    return SYSCALLS;
  }

  public Path root() {
    return root;
  }

  public VolumePaths paths() {
    return new VolumePaths(root);
  }

  public Registry api() {
    return registry;
  }

  public void allowPlainDirectories() {
    plainDirectories = true;
  }

  /** A directory for images of loop volumes; before the start. */
  public void pool(String name, Path directory) {
    pools.put(name, directory);
  }

  /** Starts a node, and waits until it runs. */
  public NodeAgent start() {
    try {
      var started =
          new NodeAgent(
              new NodeConfig(
                  NODE, root, Map.of("rack", "r1"), pools, plainDirectories, 0, "v0-test"),
              host,
              seen,
              (about, type, reason, message) -> events.add(new Told(about, type, reason, message)),
              runtime,
              meters);
      agent = started;
      started.start();
      started.running().get(30, TimeUnit.SECONDS);
      return started;
    } catch (Exception e) {
      throw new AssertionError("the node does not start", e);
    }
  }

  /** Ends the node as the end of its process would. */
  public void stop() {
    if (agent != null) {
      agent.close();
      agent = null;
    }
  }

  /** A node that is started again. */
  public void restart() {
    stop();
    start();
  }

  /** A local volume on a path. */
  public PersistentVolume volume(String name, Path path, long bytes) {
    return volume(name, path, bytes, spec -> {});
  }

  public PersistentVolume volume(String name, Path path, long bytes, Consumer<ObjectNode> change) {
    var document =
        json(
            """
            {'metadata': {'name': '%s'}, 'spec': {
              'capacity': {'storage': '%d'}, 'accessModes': ['ReadWriteOnce'],
              'persistentVolumeReclaimPolicy': 'Retain', 'storageClassName': 'local-storage',
              'local': {'path': '%s'},
              'nodeAffinity': {'required': {'nodeSelectorTerms': [{'matchExpressions': [
                {'key': 'kubernetes.io/hostname', 'operator': 'In', 'values': ['%s']}]}]}}}}"""
                .formatted(name, bytes, path, NODE));
    change.accept(document.withObject("spec"));
    create(ResourceTypes.VOLUME, document);
    return volume(name);
  }

  public PersistentVolume volume(String name) {
    return Json.view(
        registry.get(ResourceTypes.VOLUME, "", name).document(), PersistentVolume.class);
  }

  /** A claim that is bound to the volume, both sides. */
  public void boundClaim(String claim, String volume) {
    boundClaim(claim, volume, "Filesystem");
  }

  public void boundClaim(String claim, String volume, String volumeMode) {
    create(
        ResourceTypes.CLAIM,
        json(
            """
            {'metadata': {'name': '%s'}, 'spec': {'accessModes': ['ReadWriteOnce'],
              'storageClassName': 'local-storage', 'volumeMode': '%s',
              'resources': {'requests': {'storage': '1Mi'}}}}"""
                .formatted(claim, volumeMode)));
    bind(claim, volume);
  }

  /** Gives a pod's only container its volume as a device instead of a directory. */
  static void asDevice(ObjectNode spec) {
    var main = (ObjectNode) spec.at("/containers/0");
    main.remove("volumeMounts");
    main.putArray("volumeDevices").addObject().put("name", "data").put("devicePath", "/dev/xvda");
  }

  public void bind(String claim, String volume) {
    var uid =
        Json.text(
            Json.parse(registry.get(ResourceTypes.CLAIM, NAMESPACE, claim).document()),
            "metadata",
            "uid");
    patch(
        ResourceTypes.VOLUME,
        volume,
        Resources.OBJECT,
        """
        {'spec': {'claimRef': {'kind': 'PersistentVolumeClaim', 'apiVersion': 'v1',
          'namespace': '%s', 'name': '%s', 'uid': '%s'}}}"""
            .formatted(NAMESPACE, claim, uid));
    patch(ResourceTypes.VOLUME, volume, Resources.STATUS, "{'status': {'phase': 'Bound'}}");
    patch(
        ResourceTypes.CLAIM,
        claim,
        Resources.OBJECT,
        """
        {'metadata': {'annotations': {'pv.kubernetes.io/bind-completed': 'yes'}},
          'spec': {'volumeName': '%s'}}"""
            .formatted(volume));
    patch(ResourceTypes.CLAIM, claim, Resources.STATUS, "{'status': {'phase': 'Bound'}}");
  }

  /** A pod on the node with one container that mounts the claim at /data. */
  public Pod pod(String name, String claim, String... command) {
    return pod(name, claim, spec -> {}, command);
  }

  public Pod pod(String name, String claim, Consumer<ObjectNode> change, String... command) {
    var document =
        json(
            """
            {'metadata': {'name': '%s'}, 'spec': {'nodeName': '%s',
              'terminationGracePeriodSeconds': 1,
              'containers': [{'name': 'main', 'image': 'host',
                'volumeMounts': [{'name': 'data', 'mountPath': '/data'}]}],
              'volumes': [{'name': 'data', 'persistentVolumeClaim': {'claimName': '%s'}}]}}"""
                .formatted(name, NODE, claim));
    var argv = ((ObjectNode) document.at("/spec/containers/0")).putArray("command");
    for (var word : command.length == 0 ? new String[] {"sleep", "1000"} : command) {
      argv.add(word);
    }
    change.accept(document.withObject("spec"));
    create(ResourceTypes.POD, document);
    return pod(name).orElseThrow();
  }

  public Optional<Pod> pod(String name) {
    try {
      return Optional.of(
          Json.view(registry.get(ResourceTypes.POD, NAMESPACE, name).document(), Pod.class));
    } catch (Rejection rejection) {
      return Optional.empty();
    }
  }

  public String phase(String pod) {
    return pod(pod).map(Pod::phase).orElse("gone");
  }

  public void deletePod(String name) {
    registry.delete(ResourceTypes.POD, NAMESPACE, name, DeleteOptions.DEFAULT);
  }

  public void create(ResourceType type, ObjectNode document) {
    registry.create(type, type.namespaced() ? NAMESPACE : "", document, WriteOptions.DEFAULT);
  }

  public void patch(ResourceType type, String name, String subresource, String changes) {
    registry.patch(
        type,
        type.namespaced() ? NAMESPACE : "",
        name,
        subresource,
        new Patch.MergePatch(json(changes)),
        WriteOptions.DEFAULT);
  }

  public static ObjectNode json(String text) {
    return Json.parseObject(text.replace('\'', '"').getBytes(UTF_8));
  }

  public List<Told> events() {
    return events;
  }

  /** The messages of all events with one of these reasons. */
  public List<String> messages(String... reasons) {
    return events.stream()
        .filter(event -> List.of(reasons).contains(event.reason()))
        .map(Told::message)
        .toList();
  }

  /** What the node's status says. */
  public List<String> volumesInUse() {
    var node = registry.get(ResourceTypes.NODE, "", NODE).document();
    return Json.view(node, Node.class).status().volumesInUse();
  }

  /** Waits until something is so. */
  public static void eventually(ThrowingRunnable check) {
    Awaitility.await()
        .pollDelay(Duration.ZERO)
        .pollInterval(Duration.ofMillis(5))
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(check);
  }

  /** Everything that is mounted under the node's root. */
  public List<String> mounts() {
    try {
      return new ArrayList<>(
          MountTable.reader().read().below(root).stream().map(MountEntry::target).toList());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Where the pod sees the volume. */
  public Path mountOf(Pod pod, String volume) {
    return root.resolve(
        "pods/%s/volumes/kubernetes.io~local-volume/%s".formatted(pod.metadata().uid(), volume));
  }

  @Override
  public void close() {
    stop();
  }
}
