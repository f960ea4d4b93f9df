package dev.berth.bin.client;

import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Base64;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * A WebSocket (RFC 6455) as the client of a server on this host. One thread receives; any thread
 * may send.
 */
final class WebSocket implements AutoCloseable {
  private static final int CONTINUATION = 0;
  private static final int BINARY = 2;
  private static final int CLOSE = 8;
  private static final int PING = 9;
  private static final int PONG = 10;
  private static final int MAX_MESSAGE_BYTES = 16 << 20;

  private final UnixHttp.Answer answer;
  private final DataInputStream in;
  private final RandomGenerator random;

  private WebSocket(UnixHttp.Answer answer, RandomGenerator random) {
    this.answer = answer;
    this.in = new DataInputStream(answer.body());
    this.random = random;
  }

  static WebSocket open(ApiClient api, String target, String protocol, RandomGenerator random) {
    var key = new byte[16];
    random.nextBytes(key);
    var headers =
        Map.of(
            "Connection", "Upgrade",
            "Upgrade", "websocket",
            "Sec-WebSocket-Version", "13",
            "Sec-WebSocket-Key", Base64.getEncoder().encodeToString(key),
            "Sec-WebSocket-Protocol", protocol);
    return new WebSocket(api.upgrade(target, headers), random);
  }

  /** The next message, or null when the server has closed. Answers pings on the way. */
  byte @Nullable [] receive() throws IOException {
    byte[] message = {};
    while (true) {
      int first;
      try {
        first = in.readUnsignedByte();
      } catch (EOFException e) {
        return null;
      }
      var payload = payload();
      switch (first & 0x0f) {
        case CLOSE -> {
          return null;
        }
        case PING -> send(PONG, payload, 0, payload.length);
        case PONG -> {}
        default -> {
          message = (first & 0x0f) == CONTINUATION ? join(message, payload) : payload;
          if ((first & 0x80) != 0) {
            return message;
          }
        }
      }
    }
  }

  private byte[] payload() throws IOException {
    var length = (long) (in.readUnsignedByte() & 0x7f);
    if (length == 126) {
      length = in.readUnsignedShort();
    } else if (length == 127) {
      length = in.readLong();
    }
    if (length < 0 || length > MAX_MESSAGE_BYTES) {
      throw new IOException("a message of " + length + " bytes is more than a terminal can need");
    }
    var payload = new byte[(int) length];
    in.readFully(payload);
    return payload;
  }

  private static byte[] join(byte[] a, byte[] b) throws IOException {
    if (a.length + b.length > MAX_MESSAGE_BYTES) {
      throw new IOException("a message has more than " + MAX_MESSAGE_BYTES + " bytes");
    }
    return ByteBuffer.allocate(a.length + b.length).put(a).put(b).array();
  }

  /** Sends a channel's number and bytes as one binary message. */
  void send(int channel, byte[] bytes, int length) throws IOException {
    var message = ByteBuffer.allocate(length + 1).put((byte) channel).put(bytes, 0, length);
    send(BINARY, message.array(), 0, length + 1);
  }

  private synchronized void send(int opcode, byte[] bytes, int offset, int length)
      throws IOException {
    var frame = ByteBuffer.allocate(length + 14);
    frame.put((byte) (0x80 | opcode));
    if (length < 126) {
      frame.put((byte) (0x80 | length));
    } else if (length < 65536) {
      frame.put((byte) (0x80 | 126)).putShort((short) length);
    } else {
      frame.put((byte) (0x80 | 127)).putLong(length);
    }
    var mask = new byte[4];
    random.nextBytes(mask);
    frame.put(mask);
    for (var i = 0; i < length; i++) {
      frame.put((byte) (bytes[offset + i] ^ mask[i & 3]));
    }
    UnixHttp.writeFully(answer.channel(), frame.flip());
  }

  @Override
  public void close() throws IOException {
    answer.close();
  }
}
