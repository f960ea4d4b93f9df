package dev.berth.core.model;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An amount as Kubernetes writes it: {@code 512Mi}, {@code 1500m}, {@code 1e3}. Two quantities are
 * equal when their amounts are. Amounts are exact down to 10<sup>-9</sup>, finer ones are rounded
 * up.
 */
public final class Quantity implements Comparable<Quantity> {

  private enum Format {
    BINARY,
    DECIMAL,
    EXPONENT
  }

  private static final Pattern SYNTAX =
      Pattern.compile(
          "([+-]?(?:\\d+\\.?\\d*|\\.\\d+))(Ki|Mi|Gi|Ti|Pi|Ei|n|u|m|k|M|G|T|P|E|[eE][+-]?\\d{1,3})?");
  private static final String[] BINARY_SUFFIXES = {"", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"};
  private static final String DECIMAL_SUFFIXES = "num kMGTPE";
  private static final BigDecimal MOST = new BigDecimal(Long.MAX_VALUE);
  private static final BigInteger KIBI = BigInteger.valueOf(1024);

  public static final Quantity ZERO = new Quantity(BigDecimal.ZERO, Format.DECIMAL);

  /**
   * Those that documents gave lately, each where its text's hash puts it: the sizes of disks are
   * few, and the same all over a cluster. Shared by all threads without any order between them.
   */
  private static final Read[] LATELY = new Read[1024];

  private record Read(String text, Quantity quantity) {}

  private final BigDecimal amount;
  private final Format format;

  private Quantity(BigDecimal amount, Format format) {
    this.amount = amount;
    this.format = format;
  }

  /**
   * @throws IllegalArgumentException when {@code text} is not a quantity
   */
  public static Quantity parse(String text) {
    Matcher matcher = SYNTAX.matcher(text);
    if (text.length() > 64 || !matcher.matches()) {
      throw new IllegalArgumentException(
          "quantities must look like 10, 1.5Gi, 500m or 1e3, not '" + text + "'");
    }
    var number = new BigDecimal(matcher.group(1));
    var suffix = matcher.group(2) == null ? "" : matcher.group(2);
    var format = Format.DECIMAL;
    if (suffix.endsWith("i")) {
      format = Format.BINARY;
      var power = "KMGTPE".indexOf(suffix.charAt(0)) + 1;
      number = number.multiply(new BigDecimal(KIBI.pow(power)));
    } else if (suffix.length() > 1) {
      format = Format.EXPONENT;
      number = number.scaleByPowerOfTen(Integer.parseInt(suffix.substring(1)));
    } else if (!suffix.isEmpty()) {
      number = number.scaleByPowerOfTen(decimalPower(suffix.charAt(0)));
    }
    if (number.precision() - number.scale() > 40) {
      number = number.signum() < 0 ? MOST.negate() : MOST;
    }
    return new Quantity(bounded(number), format);
  }

  /** A document may give it as a number too. */
  @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
  static Quantity fromJson(Object value) {
    var text = value.toString();
    var hash = text.hashCode();
    var place = (hash ^ (hash >>> 16)) & (LATELY.length - 1);
    var before = LATELY[place];
    if (before != null && before.text().equals(text)) {
      return before.quantity();
    }
    var quantity = parse(text);
    LATELY[place] = new Read(text, quantity);
    return quantity;
  }

  public static Quantity ofBytes(long bytes) {
    return new Quantity(new BigDecimal(bytes), Format.BINARY);
  }

  public static Quantity of(long amount) {
    return new Quantity(new BigDecimal(amount), Format.DECIMAL);
  }

  public static Quantity ofMillis(long thousandths) {
    return new Quantity(new BigDecimal(BigInteger.valueOf(thousandths), 3), Format.DECIMAL);
  }

  private static BigDecimal bounded(BigDecimal number) {
    var rounded = number.scale() > 9 ? number.setScale(9, RoundingMode.UP) : number;
    return rounded.max(MOST.negate()).min(MOST);
  }

  private static int decimalPower(char suffix) {
    return 3 * (DECIMAL_SUFFIXES.indexOf(suffix) - 3);
  }

  public BigDecimal amount() {
    return amount;
  }

  /** The whole number not below the amount. */
  public long ceiling() {
    return amount.setScale(0, RoundingMode.CEILING).longValueExact();
  }

  /** Thousandths, rounded up, at most {@link Long#MAX_VALUE}. */
  public long millis() {
    var thousandths = amount.scaleByPowerOfTen(3).setScale(0, RoundingMode.CEILING);
    return thousandths.min(MOST).max(MOST.negate()).longValueExact();
  }

  public int signum() {
    return amount.signum();
  }

  public Quantity plus(Quantity other) {
    return new Quantity(bounded(amount.add(other.amount)), format);
  }

  public Quantity minus(Quantity other) {
    return new Quantity(bounded(amount.subtract(other.amount)), format);
  }

  @Override
  public int compareTo(Quantity other) {
    return amount.compareTo(other.amount);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Quantity quantity && amount.compareTo(quantity.amount) == 0;
  }

  @Override
  public int hashCode() {
    return amount.stripTrailingZeros().hashCode();
  }

  /** The canonical form: the largest suffix of its family that needs no fraction. */
  @Override
  @JsonValue
  public String toString() {
    if (amount.signum() == 0) {
      return "0";
    }
    if (format == Format.BINARY && Json.isWhole(amount) && amount.abs().longValue() >= 1024) {
      return binary();
    }
    return decimal();
  }

  private String binary() {
    var whole = amount.toBigIntegerExact();
    var power = 0;
    while (power < BINARY_SUFFIXES.length - 1 && whole.mod(KIBI).signum() == 0) {
      whole = whole.divide(KIBI);
      power++;
    }
    return whole + BINARY_SUFFIXES[power];
  }

  private String decimal() {
    var stripped = amount.stripTrailingZeros();
    var power = Math.floorDiv(-stripped.scale(), 3) * 3;
    power = Math.max(-9, Math.min(18, power));
    var mantissa = stripped.scaleByPowerOfTen(-power).toBigIntegerExact().toString();
    if (power == 0) {
      return mantissa;
    }
    if (format == Format.EXPONENT) {
      return mantissa + "e" + power;
    }
    return mantissa + DECIMAL_SUFFIXES.charAt(power / 3 + 3);
  }
}
