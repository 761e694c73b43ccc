import wal2kafka.v1.Envelope;
import wal2kafka.v1.Heartbeat;
import wal2kafka.v1.Key;
import wal2kafka.v1.Notification;
import wal2kafka.v1.SchemaChange;
import wal2kafka.v1.TableChange;
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
import java.util.stream.Collectors;

/** Prints what it reads of a file of messages, one in a line. */
public class ReadEnvelopes {
	static Message parse(String name, byte[] data) throws Exception {
		switch (name) {
			case "Envelope": return Envelope.parseFrom(data);
			case "Key": return Key.parseFrom(data);
			case "Heartbeat": return Heartbeat.parseFrom(data);
			case "Notification": return Notification.parseFrom(data);
			case "SchemaChange": return SchemaChange.parseFrom(data);
			default: return TransactionBoundary.parseFrom(data);
		}
	}

	/** All that a message holds, where it is one of those. */
	static List<String> describe(Message message) {
		List<String> shown = new ArrayList<>();
		List<Value> values = new ArrayList<>();
		if (message instanceof Key key) {
			values.addAll(key.getColumnsList());
			values.add(key.getValue());
		}
		if (message instanceof Envelope envelope) {
			values.addAll(envelope.getBefore().getColumnsList());
			values.addAll(envelope.getAfter().getColumnsList());
			values.add(envelope.getValue());
			values.addAll(envelope.getFieldsList());
		}
		if (message instanceof SchemaChange change) {
			shown.add(hex(change.getDdl()));
			for (TableChange table : change.getTableChangesList())
				shown.add(table.getTypeValue() + " " + table.getId() + " "
					+ table.getTable().getColumnsList().stream()
						.map(c -> c.getName() + " " + c.getJdbcType())
						.collect(Collectors.joining(" ")));
			values.addAll(change.getFieldsList());
		}
		for (Value value : values)
			if (value.getKindCase() != Value.KindCase.KIND_NOT_SET)
				shown.add(describe(value));
		return shown;
	}

	static String hex(String text) {
		return HexFormat.of().formatHex(text.getBytes(StandardCharsets.UTF_8));
	}

	static String describe(List<Value> values) {
		return values.stream().map(ReadEnvelopes::describe)
			.collect(Collectors.joining(",", "[", "]"));
	}

	static String describe(Value value) {
		FieldDescriptor kind = value.getDescriptorForType()
			.findFieldByNumber(value.getKindCase().getNumber());
		Object held = value.getField(kind);
		String shown = "?";
		if (held instanceof String)
			shown = hex((String) held);
		else if (held instanceof ByteString)
			shown = HexFormat.of().formatHex(((ByteString) held).toByteArray());
		else if (kind.getJavaType() == FieldDescriptor.JavaType.ENUM)
			shown = "" + ((com.google.protobuf.Descriptors.EnumValueDescriptor) held).getNumber();
		else if (held instanceof Long || held instanceof Integer || held instanceof Boolean)
			shown = held.toString();
		else if (value.hasStructure())
			shown = describe(value.getStructure().getFieldsList());
		else if (value.hasArray())
			shown = describe(value.getArray().getElementsList());
		return value.getName() + " " + kind.getName() + " " + shown;
	}

	public static void main(String[] args) throws Exception {
		for (String line : Files.readAllLines(Path.of(args[0]))) {
			String[] parts = line.split(" ", 2);
			byte[] data = HexFormat.of().parseHex(parts[1]);
			Message message = parse(parts[0], data);
			List<String> shown = describe(message);
			boolean isSame = ByteString.copyFrom(data).equals(message.toByteString());
			System.out.println((isSame ? "same " : "other ") + String.join("|", shown));
		}
	}
}
