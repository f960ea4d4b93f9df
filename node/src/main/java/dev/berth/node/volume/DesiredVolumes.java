package dev.berth.node.volume;

import dev.berth.node.plugin.PodVolume;
import dev.berth.node.plugin.VolumeId;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The world as pods and volumes ask for it. Owned by one thread.
 *
 * <p>Until it is {@link #complete} nobody knows whether a volume that no pod wants here is wanted
 * after all: then nothing is taken away.
 */
final class DesiredVolumes {
  private final Map<String, PodDemand> pods = new HashMap<>();
  private final Map<VolumeId, WipeRequest> wipes = new HashMap<>();
  private final Map<VolumeId, ProvisionRequest> provisions = new HashMap<>();
  private List<GrowthRequest> growths = List.of();
  private final InUseReports reports = new InUseReports();
  private boolean complete;

  /** Every pod of this node, and every pod that has containers here, is known from now on. */
  void completed() {
    complete = true;
  }

  boolean complete() {
    return complete;
  }

  void demand(PodDemand demand) {
    pods.put(demand.pod().uid(), demand);
  }

  /** None of the pod's containers runs, and none will. */
  void release(String podUid) {
    pods.remove(podUid);
  }

  void wipes(Collection<WipeRequest> requests) {
    wipes.clear();
    requests.forEach(request -> wipes.put(request.id(), request));
  }

  void provisions(Collection<ProvisionRequest> requests) {
    provisions.clear();
    requests.forEach(request -> provisions.put(request.id(), request));
  }

  Collection<ProvisionRequest> provisions() {
    return provisions.values();
  }

  void growths(List<GrowthRequest> requests) {
    growths = List.copyOf(requests);
  }

  List<GrowthRequest> growths() {
    return growths;
  }

  /** What the node's status tells the world to be in use here. */
  InUseReports reports() {
    return reports;
  }

  Optional<PodDemand> of(String podUid) {
    return Optional.ofNullable(pods.get(podUid));
  }

  Collection<PodDemand> pods() {
    return pods.values();
  }

  Collection<WipeRequest> wipes() {
    return wipes.values();
  }

  /** The volumes that pods want, not those that they only hold. */
  List<PodVolume> wanted() {
    return pods.values().stream()
        .flatMap(
            demand ->
                switch (demand) {
                  case PodDemand.Wants wants -> wants.volumes().stream();
                  case PodDemand.Holds _ -> Stream.of();
                })
        .toList();
  }

  /** Whether a pod's volumes must stay as they are, whatever they are. */
  boolean demanded(String podUid) {
    return pods.containsKey(podUid);
  }
}
