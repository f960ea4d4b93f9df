package dev.berth.core.model.schema;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.berth.core.model.Quantity;
import dev.berth.core.model.ResourceType;
import dev.berth.core.model.ResourceTypes;
import dev.berth.core.model.schema.Shape.Scalar;
import dev.berth.core.model.schema.Shape.Struct;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/** The shapes of documents and the records that are views of them say the same. */
class SchemasTest {

  static final List<ResourceType> TYPES = ResourceTypes.ALL;

  @ParameterizedTest
  @FieldSource("TYPES")
  void everyFieldOfAViewIsInTheShape(ResourceType type) {
    compare(type.kind(), type.view(), Schemas.of(type));
  }

  private static void compare(String path, Class<?> view, Struct shape) {
    for (var component : view.getRecordComponents()) {
      var name = path + "." + component.getName();
      var field = shape.field(component.getName());
      assertThat(field).as(name).isNotNull();
      if (field != null) {
        compare(name, component.getGenericType(), field);
      }
    }
  }

  private static void compare(String path, Type type, Shape shape) {
    if (type instanceof ParameterizedType generic) {
      var arguments = generic.getActualTypeArguments();
      if (generic.getRawType() == List.class) {
        assertThat(shape).as(path).isInstanceOf(Shape.ListOf.class);
        compare(path + "[]", arguments[0], ((Shape.ListOf) shape).items());
      } else {
        assertThat(generic.getRawType()).as(path).isEqualTo(Map.class);
        assertThat(shape).as(path).isInstanceOf(Shape.MapOf.class);
        compare(path + "{}", arguments[1], ((Shape.MapOf) shape).values());
      }
      return;
    }
    var raw = (Class<?>) type;
    if (raw.isRecord()) {
      assertThat(shape).as(path).isInstanceOf(Struct.class);
      compare(path, raw, (Struct) shape);
    } else {
      assertThat(scalars(raw)).as(path).contains(shape);
    }
  }

  private static List<Shape> scalars(Class<?> type) {
    if (type == String.class) {
      return List.of(Scalar.TEXT);
    }
    if (type == boolean.class || type == Boolean.class) {
      return List.of(Scalar.FLAG);
    }
    if (type == int.class || type == Integer.class) {
      return List.of(Scalar.INT, Scalar.PRIORITY);
    }
    if (type == long.class || type == Long.class) {
      return List.of(Scalar.LONG, Scalar.INT);
    }
    if (type == Instant.class) {
      return List.of(Scalar.TIME, Scalar.MICRO_TIME);
    }
    if (type == Quantity.class) {
      return List.of(Scalar.QUANTITY);
    }
    if (type == byte[].class) {
      return List.of(Scalar.BYTES);
    }
    throw new IllegalArgumentException("a view has a field of " + type);
  }

  @Test
  void aDescriptionThatIsWrongIsRefused() {
    assertThatThrownBy(() -> SchemaText.read("A = b Missing;"))
        .hasMessage("undefined structures: [Missing]");
    assertThatThrownBy(() -> SchemaText.read("A = b text; A = c text;"))
        .hasMessage("A is defined twice");
    assertThatThrownBy(() -> SchemaText.read("A = b text, b int;")).hasMessage("A has b twice");
    assertThatThrownBy(() -> SchemaText.read("A = b;"))
        .hasMessage("A: a field is a name and a type:  b");
    assertThatThrownBy(() -> Schemas.named("Nothing")).hasMessage("no structure is called Nothing");
  }

  @Test
  void listsSayHowTheyMerge() {
    var pod = Schemas.named("PodSpec");
    assertThat(pod.field("volumes"))
        .isEqualTo(new Shape.ListOf(Schemas.named("Volume"), new Shape.ByKey("name", true)));
    assertThat(Schemas.named("ObjectMeta").field("finalizers"))
        .isEqualTo(new Shape.ListOf(Scalar.TEXT, new Shape.AsSet()));
    assertThat(pod.field("tolerations"))
        .isEqualTo(new Shape.ListOf(Schemas.named("Toleration"), new Shape.Atomic()));
  }
}
