package dev.berth.api.rest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.berth.api.rest.Rendering.Include;
import dev.berth.core.registry.Rejection;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RenderingTest {
  private static final String KUBECTL_GET =
      "application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json";

  @Test
  void kubectlsTablesAreUnderstood() {
    assertThat(Rendering.negotiate(KUBECTL_GET, null))
        .isEqualTo(new Rendering.Table("v1", Include.METADATA));
    assertThat(Rendering.negotiate(KUBECTL_GET, "Object"))
        .isEqualTo(new Rendering.Table("v1", Include.OBJECT));
  }

  @Test
  void whatIsNotSpokenIsPassedOver() {
    assertThat(Rendering.negotiate("application/vnd.kubernetes.protobuf,application/json", null))
        .isEqualTo(new Rendering.Objects());
    assertThat(Rendering.negotiate("application/json;as=Table;v=v7;g=meta.k8s.io,*/*", null))
        .isEqualTo(new Rendering.Objects());
    assertThat(
            Rendering.negotiate(
                "application/json;q=0.5,application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io",
                null))
        .isEqualTo(new Rendering.Metadata("v1"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"text/html", "application/yaml", "application/json;q=0", ";;,;"})
  void nothingSpokenIsNotAcceptable(String accept) {
    var rejection = catchThrowableOfType(Rejection.class, () -> Rendering.negotiate(accept, null));
    assertThat(rejection.status().code()).isEqualTo(406);
  }

  @Test
  void includeObjectMustBeKnown() {
    var rejection =
        catchThrowableOfType(Rejection.class, () -> Rendering.negotiate(KUBECTL_GET, "All"));
    assertThat(rejection.status().code()).isEqualTo(400);
  }
}
