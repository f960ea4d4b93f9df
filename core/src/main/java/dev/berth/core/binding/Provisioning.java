package dev.berth.core.binding;

import dev.berth.core.control.ClusterView;
import dev.berth.core.control.Draft;
import dev.berth.core.control.Edit;
import dev.berth.core.control.Observed;
import dev.berth.core.control.Plan;
import dev.berth.core.control.Transition;
import dev.berth.core.model.Node;
import dev.berth.core.model.PersistentVolume;
import dev.berth.core.model.PersistentVolumeClaim;
import dev.berth.core.model.Quantity;
import dev.berth.core.model.StorageClass;
import dev.berth.core.provision.NewVolume;
import dev.berth.core.provision.NodeProvisioner;
import dev.berth.core.provision.ProvisionProtocol;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The binder's half of {@link ProvisionProtocol}: which node is asked for a claim's volume, and
 * what its answer changes. A node that could not make it is not asked again for a while.
 */
public final class Provisioning {

  /** Annotation of a claim: until when which nodes are not asked, because they could not. */
  public static final String REFUSED_BY = "berth.dev/provision-refused-by";

  private static final Duration PAUSE = Duration.ofSeconds(30);

  /**
   * Longer, so that claims that a group was in the way of while it tried get their turn between.
   */
  static final Duration PAUSE_OF_GROUP = Duration.ofMinutes(1);

  /**
   * Longer than an external provisioner takes to say that it cannot: it does so by removing the
   * node that it was sent to, and not by a word about it.
   */
  private static final Duration PAUSE_OF_EXTERNAL = Duration.ofMinutes(2);

  private Provisioning() {}

  /** The claim's class, when our own nodes make its volumes; null when they do not. */
  public static @Nullable Observed<StorageClass> maker(
      ClusterView view, PersistentVolumeClaim claim) {
    var type = view.storageClass(claim.className());
    return type == null || !isMaker(type.view()) ? null : type;
  }

  /** The claim's class, when somebody else's program makes its volumes; null when none does. */
  public static @Nullable Observed<StorageClass> external(
      ClusterView view, PersistentVolumeClaim claim) {
    var type = view.storageClass(claim.className());
    return type == null || !isExternal(type.view()) ? null : type;
  }

  private static boolean isExternal(StorageClass type) {
    return !isMaker(type)
        && !type.provisioner().equals(StorageClass.NO_PROVISIONER)
        && !isUnserved(type);
  }

  /** Whether the class names a provisioner that there is not, here or anywhere else. */
  public static boolean isUnserved(StorageClass type) {
    return NodeProvisioner.isMissing(type.provisioner());
  }

  /**
   * Tells an external provisioner, in the words that it waits for, that the claim is its to serve;
   * with a node in {@link PersistentVolumeClaim#SELECTED_NODE}, there. It answers with a volume
   * that names the claim; when it cannot make one there, it removes the node, and another is
   * chosen.
   */
  static Edit handOver(Edit claim, StorageClass type) {
    return claim
        .annotation(PersistentVolumeClaim.PROVISIONER, type.provisioner())
        .annotation(PersistentVolumeClaim.BETA_PROVISIONER, type.provisioner());
  }

  /** Whether our own nodes make the volumes of the class. */
  static boolean isMaker(StorageClass type) {
    return NodeProvisioner.of(type.provisioner()).isPresent();
  }

  /** Whether a node takes requests, and did not before. */
  static boolean mayAskNow(Transition transition) {
    return transition.after() instanceof Node after
        && isOpen(after)
        && !(transition.before() instanceof Node before && isOpen(before));
  }

  /** Whether the node takes requests that no pod brings. */
  public static boolean isOpen(Node node) {
    return node.ready() && !node.spec().unschedulable();
  }

  /** Whether the node may be asked for a volume for the claim. */
  static boolean mayAsk(StorageClass type, PersistentVolumeClaim claim, Node node) {
    return !refusing(claim).contains(node.metadata().name()) && isAllowed(type, node);
  }

  /** Whether the class's allowedTopologies name the node. */
  static boolean isAllowed(StorageClass type, Node node) {
    return type.allowedTopologies().isEmpty()
        || type.allowedTopologies().stream()
            .anyMatch(
                term ->
                    term.matchLabelExpressions().stream()
                        .allMatch(
                            each ->
                                each.values()
                                    .contains(
                                        node.metadata().labels().getOrDefault(each.key(), ""))));
  }

  /** Out of which pool of a node its volumes are made. */
  public static String pool(StorageClass type) {
    return NodeProvisioner.pool(type.parameters());
  }

  /** The names of the node's pools; null when it does not tell them. */
  public static @Nullable List<String> pools(Node node) {
    var told = node.metadata().annotations().get(NodeProvisioner.POOLS_OF_NODE);
    return told == null ? null : told.isEmpty() ? List.of() : List.of(told.split(","));
  }

  /** How much the node reports to be free for the claim; null when that is not known. */
  public static @Nullable Quantity freeSpace(
      ClusterView view, PersistentVolumeClaim claim, Node node) {
    var type = maker(view, claim);
    var space = type == null ? null : FreeSpace.of(view, type.view(), node);
    return space == null || !space.isKnown() ? null : Quantity.ofBytes(space.bytes());
  }

  /**
   * Whether the node may be asked for a volume for the claim, and has the space.
   *
   * @param taken what others take of it, by pool; the claim's share is added
   */
  public static boolean canMake(
      ClusterView view, PersistentVolumeClaim claim, Node node, Map<String, Long> taken) {
    var type = maker(view, claim);
    if (type == null || !mayAsk(type.view(), claim, node)) {
      return false;
    }
    var space = FreeSpace.of(view, type.view(), node);
    var bytes = claim.request().ceiling();
    var before = taken.getOrDefault(space.pool(), 0L);
    if (!space.fits(bytes) || (space.isKnown() && before + bytes > space.bytes())) {
      return false;
    }
    taken.put(space.pool(), before + bytes);
    return true;
  }

  /** The volume that is being made for the claim, or that could not be; null for none. */
  public static @Nullable Observed<PersistentVolume> underWay(
      ClusterView view, Observed<PersistentVolumeClaim> claim) {
    var made = meantFor(view, claim);
    return made != null && !ProvisionProtocol.isThere(made.view()) ? made : null;
  }

  /**
   * The volume that was made for the claim, whether it has it already or not, is being made, or
   * could not be; null for none.
   */
  static @Nullable Observed<PersistentVolume> meantFor(
      ClusterView view, Observed<PersistentVolumeClaim> claim) {
    Observed<PersistentVolume> there = null;
    for (var name : view.volumes().naming(claim.key())) {
      var volume = view.volume(name);
      if (volume == null
          || ProvisionProtocol.of(volume.view()) instanceof ProvisionProtocol.NotOurs
          || !BindingState.isFor(volume.view(), claim)) {
        continue;
      }
      if (!ProvisionProtocol.isThere(volume.view())) {
        return volume;
      }
      there = volume;
    }
    return there;
  }

  /**
   * Asks a node for a volume for the claim, or an external provisioner for one on that node: when
   * the provisioner removes the node, another one has its turn first.
   *
   * @param chosenByPod whether the claim is of a delayed class: then it says which node
   */
  public static void ask(
      Draft draft,
      ClusterView view,
      Observed<PersistentVolumeClaim> claim,
      Observed<StorageClass> type,
      Observed<Node> node,
      boolean chosenByPod,
      Instant now) {
    var name = node.key().name();
    if (isExternal(type.view())) {
      draft
          .relyOn(type)
          .relyOn(node)
          .write(
              handOver(Edit.of(claim), type.view())
                  .annotation(PersistentVolumeClaim.SELECTED_NODE, name)
                  .annotation(REFUSED_BY, refused(claim.view(), name, PAUSE_OF_EXTERNAL, now)))
          .normal(
              claim,
              "ExternalProvisioning",
              "waiting for external provisioner \"%s\" to make a volume for node %s"
                  .formatted(type.view().provisioner(), name));
      return;
    }
    draft.step(NewVolume.step(view, claim, type, node, now));
    draft.relyOn(type).relyOn(node);
    var edit =
        Edit.of(claim).annotation(PersistentVolumeClaim.PROVISIONER, type.view().provisioner());
    draft.write(chosenByPod ? edit.annotation(PersistentVolumeClaim.SELECTED_NODE, name) : edit);
    draft.normal(
        claim,
        "Provisioning",
        "node %s is asked for a volume of %s".formatted(name, claim.view().request()));
  }

  /** What a claim of an immediate class does that no volume fits. */
  static Plan begin(
      ClusterView view,
      Observed<PersistentVolumeClaim> claim,
      Observed<StorageClass> type,
      Draft waiting,
      Instant now) {
    var bytes = claim.view().request().ceiling();
    var verdicts = MakerVerdict.all(view, claim, type.view());
    Function<Observed<Node>, FreeSpace> space =
        each -> FreeSpace.of(view, type.view(), each.view());
    var node =
        verdicts.stream()
            .filter(verdict -> verdict.refusals().isEmpty())
            .map(MakerVerdict::node)
            .min(
                Comparator.<Observed<Node>>comparingDouble(each -> -space.apply(each).share(bytes))
                    .thenComparing(Observed::key));
    if (node.isEmpty()) {
      var full = verdicts.stream().filter(MakerVerdict::isOnlyFull).count();
      waiting.warning(
          claim,
          "ProvisioningFailed",
          full == 0
              ? "no node can be asked for a volume of class \"%s\"".formatted(type.key().name())
              : "none of %d nodes has %s of free storage left for class \"%s\""
                  .formatted(full, claim.view().request(), type.key().name()));
      return again(claim, waiting, now);
    }
    if (view.isBusy(node.get().key())) {
      return Plan.waitFor(node.get().key());
    }
    var draft = new Draft();
    ask(draft, view, claim, type, node.get(), false, now);
    return draft.whenever();
  }

  /** What a claim does whose volume is being made. */
  static Plan follow(
      ClusterView view,
      Observed<PersistentVolumeClaim> claim,
      Observed<PersistentVolume> volume,
      Draft waiting,
      Instant now) {
    if (view.isBusy(volume.key())) {
      return Plan.waitFor(volume.key());
    }
    if (!(ProvisionProtocol.of(volume.view()) instanceof ProvisionProtocol.Failed)) {
      return waiting.normal(claim, "Provisioning", progress(volume.view())).whenever();
    }
    var draft = new Draft();
    return draft.at(fail(draft, claim, volume, PAUSE, now));
  }

  /** What is waited for while the volume is not there. */
  public static String progress(PersistentVolume volume) {
    var asked = ProvisionProtocol.of(volume) instanceof ProvisionProtocol.Requested;
    return "waiting for node %s to %s volume %s"
        .formatted(
            ProvisionProtocol.node(volume),
            asked ? "make" : "remove, before another is made,",
            volume.metadata().name());
  }

  /**
   * The claim's volume could not be made: its node is not asked for a while.
   *
   * @param pause for how long
   * @return until when
   */
  static Instant fail(
      Draft draft,
      Observed<PersistentVolumeClaim> claim,
      Observed<PersistentVolume> volume,
      Duration pause,
      Instant now) {
    var node = ProvisionProtocol.node(volume.view());
    var until = now.plus(pause).truncatedTo(ChronoUnit.SECONDS);
    var why = volume.view().status().message();
    draft
        .step(Edit.delete(volume))
        .write(
            Edit.of(claim)
                .annotation(PersistentVolumeClaim.SELECTED_NODE, null)
                .annotation(REFUSED_BY, refused(claim.view(), node, pause, now)))
        .warning(
            claim,
            "ProvisioningFailed",
            "node %s could not make a volume of %s: %s"
                .formatted(
                    node, claim.view().request(), why == null ? "it does not say why" : why));
    return until;
  }

  /** The claim's annotation when one more node is not asked for a while. */
  private static String refused(
      PersistentVolumeClaim claim, String node, Duration pause, Instant now) {
    var refusing = new LinkedHashSet<>(refusing(claim));
    refusing.add(node);
    return now.plus(pause).truncatedTo(ChronoUnit.SECONDS) + " " + String.join(" ", refusing);
  }

  /** Nodes that could not are asked again when their time has come. */
  static Plan again(Observed<PersistentVolumeClaim> claim, Draft waiting, Instant now) {
    var text = claim.view().metadata().annotations().get(REFUSED_BY);
    if (text == null) {
      return waiting.whenever();
    }
    var until = until(text);
    return until != null && until.isAfter(now)
        ? waiting.at(until)
        : waiting.write(Edit.of(claim).annotation(REFUSED_BY, null)).whenever();
  }

  private static @Nullable Instant until(String text) {
    try {
      return Instant.parse(text.split(" ", 2)[0]);
    } catch (DateTimeException e) {
      return null;
    }
  }

  /** Until when those are not asked again. */
  static String refusedUntil(PersistentVolumeClaim claim) {
    return claim.metadata().annotations().getOrDefault(REFUSED_BY, "").split(" ", 2)[0];
  }

  /** The nodes that are not asked again yet. */
  static List<String> refusing(PersistentVolumeClaim claim) {
    var text = claim.metadata().annotations().get(REFUSED_BY);
    return text == null || until(text) == null
        ? List.of()
        : List.of(text.split(" ")).subList(1, text.split(" ").length);
  }
}
