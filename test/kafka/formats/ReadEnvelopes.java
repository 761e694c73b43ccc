import wal2kafka.v1.Envelope;
import wal2kafka.v1.Heartbeat;
import wal2kafka.v1.Key;
import wal2kafka.v1.Notification;
import wal2kafka.v1.TransactionBoundary;
import wal2kafka.v1.Value;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/** Prints what it reads of a file of messages, one in a line. */
public class ReadEnvelopes {
	static Message parse(String name, byte[] data) throws Exception {
		switch (name) {
			case "Envelope": return Envelope.parseFrom(data);
			case "Key": return Key.parseFrom(data);
			case "Heartbeat": return Heartbeat.parseFrom(data);
			case "Notification": return Notification.parseFrom(data);
			default: return TransactionBoundary.parseFrom(data);
		}
	}

	static List<Value> columns(Message message) {
		List<Value> columns = new ArrayList<>();
		if (message instanceof Key)
			columns.addAll(((Key) message).getColumnsList());
		if (message instanceof Envelope) {
			columns.addAll(((Envelope) message).getBefore().getColumnsList());
			columns.addAll(((Envelope) message).getAfter().getColumnsList());
		}
		return columns;
	}

	static String describe(Value value) {
		FieldDescriptor kind = value.getDescriptorForType()
			.findFieldByNumber(value.getKindCase().getNumber());
		Object held = value.getField(kind);
		String shown = "?";
		if (held instanceof String)
			shown = HexFormat.of().formatHex(((String) held).getBytes(StandardCharsets.UTF_8));
		else if (held instanceof ByteString)
			shown = HexFormat.of().formatHex(((ByteString) held).toByteArray());
		else if (kind.getJavaType() == FieldDescriptor.JavaType.ENUM)
			shown = "" + ((com.google.protobuf.Descriptors.EnumValueDescriptor) held).getNumber();
		else if (held instanceof Long || held instanceof Integer || held instanceof Boolean)
			shown = held.toString();
		return value.getName() + " " + kind.getName() + " " + shown;
	}

	public static void main(String[] args) throws Exception {
		for (String line : Files.readAllLines(Path.of(args[0]))) {
			String[] parts = line.split(" ", 2);
			byte[] data = HexFormat.of().parseHex(parts[1]);
			Message message = parse(parts[0], data);
			List<String> shown = new ArrayList<>();
			for (Value value : columns(message))
				shown.add(describe(value));
			boolean isSame = ByteString.copyFrom(data).equals(message.toByteString());
			System.out.println((isSame ? "same " : "other ") + String.join("|", shown));
		}
	}
}
