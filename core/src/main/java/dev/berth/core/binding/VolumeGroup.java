package dev.berth.core.binding;

import dev.berth.core.control.ClusterView;
import dev.berth.core.control.Observed;
import dev.berth.core.model.PersistentVolumeClaim;
import dev.berth.core.storage.Transaction;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The claims of a namespace that get their volumes together, all on one node and in one
 * transaction, or none of them: those with the same annotation {@link
 * PersistentVolumeClaim#VOLUME_GROUP}, as soon as {@link PersistentVolumeClaim#VOLUME_GROUP_SIZE}
 * of them exist.
 *
 * @param members those that are not on their way out
 * @param why nothing may be bound yet, for a person; null when the group is whole
 * @param wrong whether that is a mistake, which no further claim mends
 */
public record VolumeGroup(
    String name,
    List<Observed<PersistentVolumeClaim>> members,
    @Nullable String why,
    boolean wrong) {

  /** A transaction writes claim and volume of each, the pod, and compares the epoch. */
  public static final int LARGEST = (Transaction.MAX_WRITES - 1) / 2;

  public VolumeGroup {
    members = List.copyOf(members);
  }

  /** The group of a claim; null when it belongs to none. */
  public static @Nullable VolumeGroup of(ClusterView view, Observed<PersistentVolumeClaim> claim) {
    var name = claim.view().volumeGroup();
    if (name.isEmpty()) {
      return null;
    }
    var members = new ArrayList<Observed<PersistentVolumeClaim>>();
    var sizes = new TreeSet<String>();
    for (var key : view.claims().ofGroup(claim.key().namespace(), name)) {
      var member = view.claim(key);
      if (member != null && !member.view().metadata().deleting()) {
        members.add(member);
        sizes.add(size(member));
      }
    }
    var wrong = wrong(name, members, sizes);
    return new VolumeGroup(
        name, members, wrong == null ? missing(name, members, sizes) : wrong, wrong != null);
  }

  /** Those that have not got their volumes yet. */
  public List<Observed<PersistentVolumeClaim>> open() {
    return members.stream().filter(member -> !member.view().fullyBound()).toList();
  }

  /**
   * Whether a pod says where they go: as soon as one of those that are not bound is of a class
   * whose claims wait for their pod, all of them do.
   */
  public boolean waitsForPod(ClusterView view) {
    for (var member : open()) {
      var type = view.storageClass(member.view().className());
      if (type != null && type.view().delayed()) {
        return true;
      }
    }
    return false;
  }

  private static String size(Observed<PersistentVolumeClaim> member) {
    return member
        .view()
        .metadata()
        .annotations()
        .getOrDefault(PersistentVolumeClaim.VOLUME_GROUP_SIZE, "");
  }

  /** What somebody has to correct; null when nothing is wrong. */
  private static @Nullable String wrong(
      String name, List<Observed<PersistentVolumeClaim>> members, TreeSet<String> sizes) {
    if (sizes.size() > 1) {
      return "the claims of volume group %s disagree on %s (%s): make it the same for all of them"
          .formatted(name, PersistentVolumeClaim.VOLUME_GROUP_SIZE, String.join(", ", sizes));
    }
    var size = number(sizes);
    if (size < 1 || size > LARGEST) {
      return "volume group %s: %s must be the number of its claims, from 1 to %d, found \"%s\""
          .formatted(
              name,
              PersistentVolumeClaim.VOLUME_GROUP_SIZE,
              LARGEST,
              sizes.isEmpty() ? "" : sizes.first());
    }
    return members.size() <= size
        ? null
        : "volume group %s is of %d claims, but there are %d (%s): correct %s or delete one"
            .formatted(
                name,
                size,
                members.size(),
                members.stream().map(each -> each.key().name()).collect(Collectors.joining(", ")),
                PersistentVolumeClaim.VOLUME_GROUP_SIZE);
  }

  /** Which claims are still to come; null when none is. */
  private static @Nullable String missing(
      String name, List<Observed<PersistentVolumeClaim>> members, TreeSet<String> sizes) {
    return members.size() == number(sizes)
        ? null
        : "waiting for volume group %s: %d of %d claims exist"
            .formatted(name, members.size(), number(sizes));
  }

  private static int number(TreeSet<String> sizes) {
    try {
      return sizes.isEmpty() ? -1 : Integer.parseInt(sizes.first());
    } catch (NumberFormatException e) {
      return -1;
    }
  }
}
