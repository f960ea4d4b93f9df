package dev.berth.core.control;

import java.lang.reflect.Proxy;
import org.jspecify.annotations.Nullable;

/** A view of the cluster some of whose answers are not what they should be. */
final class AlteredView {
  private AlteredView() {}

  /** What is answered in place of the right answer to the method of {@link ClusterView}. */
  @FunctionalInterface
  interface Change {
    @Nullable Object apply(String asked, @Nullable Object answer);
  }

  static ClusterView of(ClusterView view, Change change) {
    return (ClusterView)
        Proxy.newProxyInstance(
            ClusterView.class.getClassLoader(),
            new Class<?>[] {ClusterView.class},
            (proxy, method, arguments) ->
                change.apply(method.getName(), method.invoke(view, arguments)));
  }
}
