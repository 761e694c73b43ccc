import io.apicurio.registry.serde.avro.NonRecordContainer;
import io.apicurio.registry.utils.converter.avro.AvroData;
import io.apicurio.registry.utils.converter.avro.AvroDataConfig;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;
import org.apache.kafka.connect.data.SchemaAndValue;
import org.apache.kafka.connect.json.JsonConverter;

/**
 * What an Avro converter for Kafka Connect makes of records: a line of JSON
 * with its schema in, a line with Avro's schema and the record in hexadecimal
 * out, a tab between them.
 */
public class AvroPeer {
    public static void main(String[] args) throws Exception {
        JsonConverter json = new JsonConverter();
        json.configure(Map.of("schemas.enable", "true"), false);
        Map<String, Object> options = new HashMap<>();
        for (String arg : args) {
            String[] pair = arg.split("=", 2);
            options.put(pair[0], pair[1]);
        }
        AvroData avro = new AvroData(new AvroDataConfig(options));
        BufferedReader in = new BufferedReader(new InputStreamReader(
                System.in, StandardCharsets.UTF_8));
        PrintStream out = new PrintStream(new FileOutputStream(
                FileDescriptor.out), false, StandardCharsets.UTF_8);
        for (String line; (line = in.readLine()) != null;) {
            SchemaAndValue data = json.toConnectData("t",
                    line.getBytes(StandardCharsets.UTF_8));
            Schema schema = avro.fromConnectSchema(data.schema());
            Object value = avro.fromConnectData(data.schema(), data.value());
            if (value instanceof NonRecordContainer) {
                value = ((NonRecordContainer) value).getValue();
            }
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            BinaryEncoder encoder = EncoderFactory.get().binaryEncoder(bytes,
                    null);
            new GenericDatumWriter<Object>(schema).write(value, encoder);
            encoder.flush();
            StringBuilder hex = new StringBuilder();
            for (byte b : bytes.toByteArray()) {
                hex.append(String.format("%02x", b & 0xff));
            }
            out.println(schema + "\t" + hex);
        }
        out.flush();
    }
}
