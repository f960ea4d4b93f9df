package dev.berth.core.control;

import dev.berth.core.model.PersistentVolume;
import dev.berth.core.model.PersistentVolumeClaim;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The group of a claim as it is in the store, without the rules that decide.
 *
 * @param open members without a volume, none of which anybody else decides about
 * @param places the volumes of the others
 * @param delayed whether a pod says where they go
 */
record GroupTruth(
    List<PersistentVolumeClaim> open, List<PersistentVolume> places, boolean delayed) {

  /**
   * Null when the group is not whole, or when users have a say in what its members get: by a name,
   * a reservation, or a wish to be apart.
   */
  static @Nullable GroupTruth of(WorldTruth truth, PersistentVolumeClaim claim) {
    var open = new ArrayList<PersistentVolumeClaim>();
    var places = new ArrayList<PersistentVolume>();
    var members = 0;
    var delayed = false;
    for (var each : truth.claims()) {
      var member = each.view();
      if (!member.volumeGroup().equals(claim.volumeGroup()) || member.metadata().deleting()) {
        continue;
      }
      members++;
      if (member.fullyBound()) {
        var volume = truth.view(Keys.volume(member.volumeName()), PersistentVolume.class);
        if (volume != null) {
          places.add(volume);
        }
      } else if (isFree(truth, member)) {
        open.add(member);
        delayed |= truth.isDelayed(member.className());
      } else {
        return null;
      }
    }
    return members == SimulatedUsers.GROUP_SIZE ? new GroupTruth(open, places, delayed) : null;
  }

  private static boolean isFree(WorldTruth truth, PersistentVolumeClaim member) {
    return member.volumeName().isEmpty()
        && member.volumeSpread().isEmpty()
        && truth.volumes().stream()
            .map(volume -> volume.view().spec().claimRef())
            .noneMatch(
                reference ->
                    reference != null && reference.name().equals(member.metadata().name()));
  }
}
