import java.time.Duration;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;

import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.KTable;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.state.KeyValueStore;

/**
 * What an application does with our topics: it joins two tables by their
 * common key and sums up the result by region.
 *
 * <pre>
 *   SELECT account.id, owner, amount FROM account JOIN balance USING (id)
 *   SELECT region, count(*), sum(amount) FROM the above GROUP BY region
 * </pre>
 *
 * The tables' topics are read as KTables: a tombstone deletes, a "d" record
 * before it deletes already.  Arguments: broker, topic prefix, state folder.
 */
public final class JoinAndCount {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Serde<String> TEXT = Serdes.String();

    private JoinAndCount() {
    }

    private static JsonNode parse(final String text) {
        try {
            return JSON.readTree(text);
        } catch (final Exception e) {
            throw new IllegalArgumentException("not JSON: " + text, e);
        }
    }

    /** The row after a change; null where there is none. */
    private static String after(final String envelope) {
        final JsonNode row = envelope == null
            ? null : parse(envelope).get("after");
        return row == null || row.isNull() ? null : row.toString();
    }

    private static Materialized<String, String, KeyValueStore<Bytes, byte[]>>
            stored(final String name) {
        return Materialized
            .<String, String, KeyValueStore<Bytes, byte[]>>as(name)
            .withKeySerde(TEXT).withValueSerde(TEXT);
    }

    private static KTable<String, String> table(final StreamsBuilder builder,
            final String topic, final String store) {
        // KTable drops nothing itself: mapped to null, a value is a delete.
        return builder.table(topic, Consumed.with(TEXT, TEXT))
            .mapValues(value -> after(value), stored(store));
    }

    private static String joined(final String account, final String balance) {
        final ObjectNode row = JSON.createObjectNode();
        final JsonNode left = parse(account);
        row.set("region", left.get("region"));
        row.set("owner", left.get("owner"));
        row.set("amount", parse(balance).get("amount"));
        return row.toString();
    }

    private static String sum(final String total, final String row,
            final int sign) {
        final JsonNode old = parse(total);
        final ObjectNode sum = JSON.createObjectNode();
        sum.put("count", old.get("count").asLong() + sign);
        sum.put("sum", old.get("sum").asLong()
            + sign * parse(row).get("amount").asLong());
        return sum.toString();
    }

    static StreamsBuilder topology(final String prefix) {
        final StreamsBuilder builder = new StreamsBuilder();
        final KTable<String, String> joined =
            table(builder, prefix + ".shop.account", "accounts").join(
                table(builder, prefix + ".shop.balance", "balances"),
                JoinAndCount::joined, stored("joined"));

        joined.toStream().to("result.join", Produced.with(TEXT, TEXT));
        joined.groupBy((key, row) -> KeyValue.pair(
                    parse(row).get("region").asText(), row),
                Grouped.with(TEXT, TEXT))
            .aggregate(() -> "{\"count\":0,\"sum\":0}",
                (key, row, total) -> sum(total, row, 1),
                (key, row, total) -> sum(total, row, -1),
                stored("totals"))
            .toStream().to("result.totals", Produced.with(TEXT, TEXT));
        return builder;
    }

    public static void main(final String[] args) throws Exception {
        final Properties config = new Properties();
        config.put(StreamsConfig.APPLICATION_ID_CONFIG, "join-and-count");
        config.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, args[0]);
        config.put(StreamsConfig.STATE_DIR_CONFIG, args[2]);
        config.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, "200");
        config.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, "2");
        // With caches an inner join misses a row that both sides delete between
        // two flushes (KAFKA-4609).
        config.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, "0");
        config.put("auto.offset.reset", "earliest");
        config.put("fetch.max.wait.ms", "50");
        config.put("session.timeout.ms", "10000");
        config.put("heartbeat.interval.ms", "2000");

        final KafkaStreams streams =
            new KafkaStreams(topology(args[1]).build(), config);
        final CountDownLatch ended = new CountDownLatch(1);
        streams.setUncaughtExceptionHandler(e -> {
            e.printStackTrace();
            ended.countDown();
            return org.apache.kafka.streams.errors
                .StreamsUncaughtExceptionHandler
                .StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
        });
        streams.setStateListener((now, before) ->
            System.out.println("state " + now));
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            streams.close(Duration.ofSeconds(10));
            ended.countDown();
        }));
        streams.start();
        ended.await();
    }
}
