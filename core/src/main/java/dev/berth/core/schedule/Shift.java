package dev.berth.core.schedule;

import dev.berth.core.control.Observed;
import dev.berth.core.model.Pod;
import java.util.ArrayList;
import java.util.List;

/**
 * What is supposed of the pods of a node that is looked at.
 *
 * @param gone those that are taken to have left it
 * @param come others that are taken to be there
 */
record Shift(List<Observed<Pod>> gone, List<Observed<Pod>> come) {

  /** Everybody is where he is. */
  static final Shift NONE = new Shift(List.of(), List.of());

  static Shift without(List<Observed<Pod>> gone) {
    return new Shift(gone, List.of());
  }

  /** The same with another that has come. */
  Shift with(Observed<Pod> pod) {
    var all = new ArrayList<>(come);
    all.add(pod);
    return new Shift(gone, all);
  }
}
