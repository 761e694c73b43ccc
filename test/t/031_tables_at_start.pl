# What a connector asks of its tables when it starts: how many there may be, and
# the replica identity that they shall have.
use strict;
use warnings;

use PostgreSQL::Test::Utils;
use Test::More;
use Wal2Kafka;

my $broker = start_broker();
my $node = new_node('tables', conf => "max_prepared_transactions = 2\n");
my $db = 'postgres';

$node->safe_psql($db, q(
CREATE ROLE keeper LOGIN;
GRANT wal2kafka_admin TO keeper;
CREATE SCHEMA s AUTHORIZATION keeper;
CREATE TABLE s.other (id int PRIMARY KEY, v int);
GRANT SELECT ON s.other TO keeper;
SET ROLE keeper;
CREATE TABLE s.a (id int PRIMARY KEY, v int);
CREATE TABLE s."B" (id int PRIMARY KEY, v int NOT NULL);
CREATE UNIQUE INDEX b_v ON s."B" (v);
CREATE TABLE s.already (id int PRIMARY KEY, v int);
ALTER TABLE s.already REPLICA IDENTITY FULL;
CREATE TABLE s.left_alone (id int PRIMARY KEY)));

sub create
{
	my ($name, $more) = @_;

	$node->safe_psql($db, <<"SQL");
SET ROLE keeper;
SELECT wal2kafka.create_connector('$name', '{
	"bootstrap.servers": "$broker->{address}", "snapshot.mode": "no_data",
	"table.include.list": "s[.].*", $more}')
SQL
}

sub last_error
{
	return $node->safe_psql($db, 'SELECT last_error FROM wal2kafka.connectors');
}

sub identities
{
	return $node->safe_psql($db, q(SELECT string_agg(relname || '=' || relreplident::text, ' '
		ORDER BY relname) FROM pg_class WHERE relnamespace = 's'::regnamespace AND relkind = 'r'));
}

# How many there are.
create('g', q("guardrail.collections.max": 4, "guardrail.collections.limit.action": "fail"));
wait_state($node, $db, 'g', 'failed');
is(last_error(), "the filters let 5 tables through, more than guardrail.collections.max (4)\n"
	  . 'HINT:  Name fewer tables in table.include.list, or increase guardrail.collections.max.',
	'why it failed');
$node->safe_psql($db, q(SELECT wal2kafka.patch_connector('g', '{"guardrail.collections.limit.action": "warn"}')));
wait_state($node, $db, 'g', 'streaming');
is(last_error(), 'the filters let 5 tables through, more than guardrail.collections.max (4)',
	'a warning');
like(slurp_file($node->logfile), qr/WARNING:  wal2kafka connector "g": the filters let 5 tables/,
	'which is logged');
my $offset = -s $node->logfile;
$node->safe_psql($db, q(SELECT wal2kafka.patch_connector('g', '{"guardrail.collections.max": 5,
	"guardrail.collections.limit.action": "fail"}')));
$node->wait_for_log(qr/"g" is streaming/, $offset);
$node->safe_psql($db, q(SELECT wal2kafka.drop_connector('g')));
ok($node->poll_query_until($db, 'SELECT count(*) = 0 FROM wal2kafka.connectors'), 'dropped');

# Identities: of tables that are his, of expressions, and only where they differ.
my $ddl = -s $node->logfile;
is(identities(), 'B=d a=d already=f left_alone=d other=d', 'what they have at first');
create('i', q("replica.identity.autoset.values": "s.(a|already|none):full, s[.]b:INDEX B_V"));
wait_state($node, $db, 'i', 'streaming');
is(identities(), 'B=i a=f already=f left_alone=d other=d', 'what was asked for');
is($node->safe_psql($db, 'SELECT indexrelid::regclass FROM pg_index WHERE indisreplident'),
	's.b_v', 'of the index that was named');
my $log = slurp_file($node->logfile, $ddl);
my $times = () = $log =~ /has set the replica identity/g;
is($times, 2, 'and of no other table');
$node->safe_psql($db, 'INSERT INTO s.a VALUES (1, 1); UPDATE s.a SET v = 2');
wait_delivered($node, $db, 'i');
like((read_topic($broker, 'i.s.a', '%s\n'))[1], qr/"before":\{"id":1,"v":1\}/,
	'so old rows are whole');

# A table that is locked: not waited for for long, nor given up.
$node->safe_psql($db, q(BEGIN; LOCK TABLE s.left_alone IN ACCESS SHARE MODE; PREPARE TRANSACTION 'blocker'));
$node->safe_psql($db, q(SELECT wal2kafka.patch_connector('i', '{
	"replica.identity.autoset.values": "s.left_alone:NOTHING"}')));
ok($node->poll_query_until($db, q(SELECT state = 'retrying' AND last_error LIKE
	'could not set the replica identity of table "s.left_alone": canceling statement due to lock timeout%'
	FROM wal2kafka.connectors)), 'a locked table is tried again');
$node->safe_psql($db, q(COMMIT PREPARED 'blocker'));
wait_state($node, $db, 'i', 'streaming');
is(identities(), 'B=i a=f already=f left_alone=n other=d', 'until it can be had');

# What takes a person.
for my $case (
	[ 's.other:FULL', qr/^could not set the replica identity of table "s.other": must be owner of table other\nDETAIL: .*\nHINT:  Let the connector's owner/ ],
	[ 's.a:INDEX nowhere', qr/^could not set .* of table "s.a": index "nowhere" for table "a" does not exist/ ],
	[ 's.a:FULL,s[.]a:NOTHING', qr/^more than one element of replica.identity.autoset.values is for table "s.a"/ ])
{
	my ($values, $error) = @$case;

	$node->safe_psql($db, "SELECT wal2kafka.patch_connector('i', '{\"replica.identity.autoset.values\": \"$values\"}')");
	wait_state($node, $db, 'i', 'failed');
	like(last_error(), $error, "shown: $values");
}
$node->safe_psql($db, 'ALTER TABLE s.other REPLICA IDENTITY FULL');
$node->safe_psql($db, q(SELECT wal2kafka.patch_connector('i', '{"replica.identity.autoset.values": "s.other:FULL"}')));
wait_state($node, $db, 'i', 'streaming');
is(identities(), 'B=i a=f already=f left_alone=n other=f', 'what is so already needs no owner');

# A stopped connector asks for nothing.
$node->safe_psql($db, q(SELECT wal2kafka.stop_connector('i')));
wait_state($node, $db, 'i', 'stopped');
$node->safe_psql($db, q(SELECT wal2kafka.patch_connector('i', '{"replica.identity.autoset.values": "s.a:DEFAULT"}')));
$node->safe_psql($db, q(SELECT wal2kafka.resume_connector('i')));
wait_state($node, $db, 'i', 'streaming');
is(identities(), 'B=i a=d already=f left_alone=n other=f', 'when it is resumed it does');

$node->safe_psql($db, q(SELECT wal2kafka.drop_connector('i')));
$node->stop('fast');
stop_broker($broker);
done_testing();
