# Heartbeats, and the query that comes with them: what it may do, and that a
# query which waits or fails does not hold up the stream.
use strict;
use warnings;

use PostgreSQL::Test::Utils;
use Test::More;
use Wal2Kafka;

my $broker = start_broker();
my $node = new_node('heartbeat', conf => "max_prepared_transactions = 2\n");
my $db = 'postgres';

$node->safe_psql($db, q(
CREATE TABLE a (id int PRIMARY KEY);
CREATE ROLE keeper LOGIN;
GRANT wal2kafka_admin TO keeper;
GRANT SELECT ON a TO keeper;
CREATE SCHEMA beats AUTHORIZATION keeper;
SET ROLE keeper;
CREATE TABLE beats.beat (id serial, who text DEFAULT current_user || '=' || session_user, path text DEFAULT current_setting('search_path'));
CREATE TABLE beats.later (id serial);
CREATE FUNCTION beats.note() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RETURN NULL; END $$;
CREATE CONSTRAINT TRIGGER note AFTER INSERT ON beats.later
	DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION beats.note()));

# With a database that is quiet otherwise, as the connector's owner.
$node->safe_psql($db, <<"SQL");
SET ROLE keeper;
SELECT wal2kafka.create_connector('h', '{
	"bootstrap.servers": "$broker->{address}",
	"table.include.list": "public.a", "snapshot.mode": "no_data",
	"heartbeat.interval.ms": "200",
	"heartbeat.action.query": "INSERT INTO beats.beat DEFAULT VALUES"}')
SQL
wait_state($node, $db, 'h', 'streaming');
ok($node->poll_query_until($db, 'SELECT count(*) >= 3 FROM beats.beat'),
	'the query runs again and again');
is($node->safe_psql($db, 'SELECT DISTINCT who, path FROM beats.beat'),
	'keeper=keeper|', 'as the owner, with no search path');
# The third may still be on its way.
my @beats;
ok( eventually(sub {
		(@beats = read_topic($broker, '__debezium-heartbeat.h', '%p %k %s\n')) >= 3
	}), 'heartbeats arrive');
like($_, qr/^0 \{"serverName":"h"\} \{"ts_ms":\d{13}\}$/, 'a heartbeat')
  for @beats[0 .. 2];
$node->safe_psql($db, 'INSERT INTO a VALUES (1)');
wait_delivered($node, $db, 'h');
is_deeply([ read_topic($broker, 'h.public.a') ], ['{"id":1}'],
	'records arrive between them');

# A query that waits for a lock.
$node->safe_psql($db,
	q(BEGIN; LOCK TABLE beats.beat; PREPARE TRANSACTION 'blocker'));
ok( $node->poll_query_until($db,
		q(SELECT count(*) = 1 FROM pg_stat_activity WHERE backend_type =
		'wal2kafka heartbeat' AND wait_event_type = 'Lock')),
	'a query waits');
$node->safe_psql($db, 'INSERT INTO a VALUES (2)');
wait_delivered($node, $db, 'h');
is($node->safe_psql($db, q(SELECT count(*) FROM pg_stat_activity
	WHERE backend_type = 'wal2kafka heartbeat')), '1',
	'the stream does not, and no other query is started');
$node->safe_psql($db, q(COMMIT PREPARED 'blocker'));

# Queries that fail, or try to become somebody else.
for my $case (
	[ 'SELECT * FROM beat', 'relation "beat" does not exist' ],
	[ 'RESET ROLE', 'cannot set parameter "role" within security' ],
	[ 'SET SESSION AUTHORIZATION DEFAULT', 'cannot set parameter "session_authorization" within security' ],
	[ 'COMMIT', 'SPI_ERROR_TRANSACTION' ],
	[ 'INSERT INTO beats.later DEFAULT VALUES', 'cannot fire deferred trigger within security-restricted operation' ],
	[ 'CREATE TEMP TABLE t ()', 'cannot create temporary table within security-restricted operation' ])
{
	my ($query, $error) = @$case;
	my $offset = -s $node->logfile;

	$node->safe_psql($db, "SELECT wal2kafka.patch_connector('h', "
		  . "'{\"heartbeat.action.query\": \"$query\"}')");
	ok( $node->poll_query_until($db,
			"SELECT last_error LIKE '%heartbeat.action.query%' || \$\$$error\$\$ || '%' "
			  . 'FROM wal2kafka.connectors'), "shown: $error")
	  or diag($node->safe_psql($db, 'SELECT last_error FROM wal2kafka.connectors'));
	# A few heartbeats later it has still been said once.
	my $seen = () = read_topic($broker, '__debezium-heartbeat.h');
	for (1 .. 1000)
	{
		my $now = () = read_topic($broker, '__debezium-heartbeat.h');
		last if $now >= $seen + 3;
		select(undef, undef, undef, 0.1);
	}
	my $log = slurp_file($node->logfile, $offset);
	my $times = () = $log =~ /WARNING: .*heartbeat\.action\.query.*\Q$error\E/g;
	is($times, 1, 'logged once');
}
wait_state($node, $db, 'h', 'streaming');

# Another topic, and none at all.
$node->safe_psql($db, q(SELECT wal2kafka.patch_connector('h',
	'{"heartbeat.action.query": null, "topic.heartbeat.prefix": "beats", "topic.delimiter": "_"}')));
$node->poll_query_until($db, q(SELECT wal2kafka.wait_for_connector('h')));
ok(eventually(sub { () = read_topic($broker, 'beats_h') }), 'another prefix');
$node->safe_psql($db, q(SELECT wal2kafka.patch_connector('h',
	'{"topic.heartbeat.name": "pulse"}')));
ok(eventually(sub { () = read_topic($broker, 'pulse') }), 'another name');

# Transforms are for them, too, and predicates; what these cannot do with is a
# matter of policy.
$node->safe_psql($db, q(SELECT wal2kafka.patch_connector('h', '{
	"topic.heartbeat.name": "pulse", "transforms": "logical,rename,not",
	"predicates": "pulse", "predicates.pulse.type": "TopicNameMatches",
	"predicates.pulse.pattern": "pulse",
	"transforms.logical.type": "ToLogicalTopicRouter",
	"transforms.logical.topic.regex": "pulse",
	"transforms.logical.topic.replacement": "rate",
	"transforms.rename.type": "RegexRouter", "transforms.rename.regex": "(rate)",
	"transforms.rename.replacement": "heart.$1",
	"transforms.not.type": "RegexRouter", "transforms.not.regex": ".*",
	"transforms.not.replacement": "wrong", "transforms.not.predicate": "pulse"}')));
ok(eventually(sub { () = read_topic($broker, 'heart.rate') }),
	'transforms name the topic');
like((read_topic($broker, 'heart.rate', '%p %k %s\n'))[0],
	qr/^0 \{"serverName":"h","__dbz__sourceIdentifier":"pulse"\} \{"ts_ms":\d{13}\}$/,
	'and change the key');
is(() = read_topic($broker, 'wrong'), 0, 'one for other topics does not');
my $bad = q("transforms": "rename", "transforms.rename.type": "RegexRouter",
	"transforms.rename.regex": "(x?)pulse", "transforms.rename.replacement": "$1",
	"transforms.logical.type": null, "transforms.logical.topic.regex": null,
	"transforms.logical.topic.replacement": null, "transforms.not.type": null,
	"transforms.not.regex": null, "transforms.not.replacement": null,
	"transforms.not.predicate": null);
$node->safe_psql($db, "SELECT wal2kafka.patch_connector('h', '{$bad}')");
wait_state($node, $db, 'h', 'failed');
like($node->safe_psql($db, 'SELECT last_error FROM wal2kafka.connectors'),
	qr/^could not make a heartbeat: name of a topic is empty/, 'and why');
$node->safe_psql($db, q(SELECT wal2kafka.patch_connector('h',
	'{"event.processing.failure.handling.mode": "warn"}')));
ok($node->poll_query_until($db, q(SELECT state = 'streaming' AND skipped_records > 2
	FROM wal2kafka.stat_connector)), 'heartbeats are passed over');
$node->safe_psql($db, 'INSERT INTO a VALUES (3)');
wait_delivered($node, $db, 'h');
is(scalar(grep { $_ eq '{"id":3}' } read_topic($broker, 'h_public_a')),
	1, 'and rows are not');
my $log = slurp_file($node->logfile);
my $times = () = $log =~ /WARNING:  skipped a heartbeat of connector "h"/g;
is($times, 1, 'which is said once');

$node->safe_psql($db, q(SELECT wal2kafka.drop_connector('h')));
$node->stop('fast');
stop_broker($broker);
done_testing();

sub eventually
{
	my ($probe) = @_;

	for (1 .. 1000)
	{
		return 1 if $probe->() > 0;
		select(undef, undef, undef, 0.1);
	}
	return 0;
}
