# Schemas in a registry: ids in records, and everything that can go wrong.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";

use JSON::PP;
use SenderTest;
use Test::More;
use Time::HiRes qw(time sleep);

use constant { KEY => 1, VALUE => 2, BOTH => 3, FATAL => 3 };

# Whatever stands in the environment is not for us.
$ENV{http_proxy} = $ENV{https_proxy} = $ENV{ALL_PROXY} = 'http://127.0.0.1:1';

my $broker   = start_broker('--topic', 'rows:1', '--topic', 'alone:1');
my $registry = start_registry();
my $n        = 0;
my $seen_slow = 0;

# A sender with a registry for both sides, the topic "rows".
sub start
{
	my ($url, @more) = @_;
	my @settings = ('bootstrap.servers', $broker->{address});

	foreach my $side ('key', 'value')
	{
		push @settings, "w2k.registry.$side.url", $url, "w2k.registry.$side.backoff.ms", 50,
		  "w2k.registry.$side.backoff.max.ms", 200;
	}
	my $sender = start_sender(@settings, @more);
	$sender->put(topic(1, 'rows'));
	return $sender;
}

# The same settings for both sides.
sub both { my ($name, $value) = @_; return map { ("w2k.registry.$_.$name", $value) } ('key', 'value'); }

sub registered
{
	my ($sender, $subject) = @_;
	return $sender->wait_for(sub { $_->{type} eq 'x' && $_->{subject} eq $subject });
}

# A schema that no test has had, and a record of it.
sub put_new
{
	my ($sender, $reference, %o) = @_;
	my $text = '{"new": ' . ++$n . '}';

	$sender->put(schema($reference, 0, $o{text} // $text, %o)
		  . record(1, 'k', framed($reference, "v$n"), flags => VALUE));
	return;
}

sub status
{
	my ($sender, $up, $pattern) = @_;
	return $sender->wait_for(sub { $_->{type} eq 'U' && $_->{up} == $up && $_->{text} =~ $pattern });
}

# Ends with an error of this name; returns its text.
sub fails
{
	my ($sender, $name, $what) = @_;
	my $error = $sender->wait_for(sub { $_->{type} eq 'E' });

	is($error && "$error->{name} $error->{severity}", "$name " . FATAL, "$what: a person must act");
	is($sender->exit_code, 1, "$what: the sender ends");
	note($error->{text}) if $error;
	return $error ? $error->{text} : '';
}

sub requests { my ($r) = @_; return @{ decode_json($r->ask('log')) }; }

# ---- ids ----

$registry->tell('first 16909060');    # 0x01020304
my $sender = start($registry->{url});
$sender->put(schema(7, 1, '"key"') . schema(8, 0, '"value"')
	  . record(1, framed(7, 'k1'), framed(8, 'v1'), flags => BOTH)
	  . record(1, framed(7, 'k1'), undef,           flags => KEY)
	  . record(1, 'plain',         framed(99, 'x')));
ok($sender->wait_for_ack(3), 'records with references are acknowledged');
my @records = read_topic($broker, 'rows');
is($records[0]{key},     "\0\1\2\3\4k1", 'the key has the id of its schema, big-endian');
is($records[0]{payload}, "\0\1\2\3\5v1", 'the value has that of its own');
is($records[1]{payload}, undef,          'null stays null');
is($records[2]{payload}, framed(99, 'x'), 'a record without a flag is left alone');
my $key   = registered($sender, 'rows-key');
my $value = registered($sender, 'rows-value');
is_deeply([ @{$key}{qw(is_key schema_type id version topic schema)} ],
	[ 1, 1, 16909060, 1, 'rows', '"key"' ], 'REGISTERED says what is known of the key');
is_deeply([ @{$value}{qw(is_key id version)} ], [ 0, 16909061, 1 ], 'and of the value');
like($key->{fingerprint}, qr/^[0-9a-f]{64}$/, 'by a fingerprint');
is_deeply([ map { "$_->{method} $_->{path}" } grep { $_->{body} =~ /key/ } requests($registry) ],
	[ 'POST /subjects/rows-key', 'POST /subjects/rows-key/versions', 'POST /subjects/rows-key' ],
	'looked up, registered, and asked for its version');
is((requests($registry))[0]{headers}{'content-type'}, 'application/vnd.schemaregistry.v1+json',
	'as the API wants it');
my $counts = $sender->wait_for(sub { $_->{type} eq 'y' && $_->{requests} == 6 });
is($counts && $counts->{errors}, 2, 'requests are counted');

my $before = $registry->ask('count');
$sender->put(hello() . topic(1, 'rows') . schema(1, 0, '"value"')
	  . record(1, 'k', framed(1, 'again'), flags => VALUE));
ok($sender->wait_for_ack(4), 'a new session of the plugin');
is($registry->ask('count'), $before, 'nobody is asked for a schema that is known');
$sender->put(schema(2, 0, '"value 2"') . record(1, 'k', framed(2, 'x'), flags => VALUE)
	  . record(1, 'k', framed(1, 'old'), flags => VALUE));
ok($sender->wait_for_ack(6), 'a new version, beside the old one');
my $second = $sender->wait_for(sub { $_->{type} eq 'x' && $_->{schema} eq '"value 2"' });
is($second->{version}, 2, 'has its number');
is((read_topic($broker, 'rows'))[-1]{payload}, "\0\1\2\3\5old", 'the old one keeps its id');
$sender->close_input;
is($sender->exit_code, 0, 'the end of the input');

$before = $registry->ask('count');
$sender = start($registry->{url});
$sender->put(schema(8, 0, '"value"') . record(1, 'k', framed(8, 'v'), flags => VALUE));
ok($sender->wait_for_ack(1), 'a restart');
ok(registered($sender, 'rows-value'), 'is told what the registry has');
is($registry->ask('count'), $before + 1, 'in one request, which writes nothing');

# Other kinds, subjects that need escapes, schemas that refer to others
$sender->put(schema(3, 0, 'message T {}', schema_type => 3, subject => 'a/b ?',
		references => [ 'one.proto', 'one', 'message O {}', 'two.proto', 'two', 'message W {}' ])
	  . record(1, 'k', framed(3, "\0p"), flags => VALUE));
ok($sender->wait_for_ack(2), 'a schema with references');
my ($last) = grep { $_->{path} =~ m{^/subjects/a%2Fb%20%3F/versions} } requests($registry);
is_deeply(decode_json($last->{body}), {
	schema => 'message T {}', schemaType => 'PROTOBUF',
	references => [ { name => 'one.proto', subject => 'one', version => 1 },
		{ name => 'two.proto', subject => 'two', version => 1 } ]
}, 'is registered with their versions');
$sender->close_input;
$sender->exit_code;

# ---- away ----

$registry->tell('first 1');
$registry->tell('down');
$sender = start($registry->{url}, 'w2k.statistics.interval.ms', 100);
$sender->put(record(1, 'k', 'before') . flush_frame(1));
put_new($sender, 1);
$sender->put(record(1, 'k', 'behind'));
my $down = status($sender, 0, qr/schema registry/);
like($down->{text}, qr/\Qschema registry: could not look up the schema under subject "rows-value" at $registry->{url}\E: .*; check schema\.registry\.url and that the registry is reachable from this host \(REGISTRY_UNREACHABLE\)/,
	'a registry that is down is shown, with the URL, the reason and what to do');
ok($sender->wait_for(sub { $_->{type} eq 'f' }), 'what came before is acknowledged meanwhile');
$sender->{frames} = [];
ok($sender->wait_for(sub { $_->{type} eq 'J' }), 'statistics come meanwhile');
is(scalar(grep { $_->{type} eq 'U' } @{ $sender->{frames} }), 0, 'the trouble is shown once');
is(scalar(grep { $_->{type} eq 'A' && $_->{sequence} > 1 } @{ $sender->{frames} }), 0,
	'nothing overtakes');
$registry->tell('up');
ok($sender->wait_for_ack(3), 'when it is back the records go on');
ok(status($sender, 1, qr/^$/), 'and that is shown');

# Down in the middle
$registry->tell('down');
$sender->put(record(1, 'k', framed(1, 'known'), flags => VALUE));
ok($sender->wait_for_ack(4), 'a schema with an id needs no registry');
put_new($sender, 2);
ok(status($sender, 0, qr/REGISTRY_UNREACHABLE/), 'a new one does');
my $begin = time;
$sender->close_input;
is($sender->exit_code, 0, 'the end of the input, while it is awaited');
cmp_ok(time - $begin, '<', 3, 'at once');

# What is known lets records through, and the registry's word is the last
$registry->tell('up');
$sender = start($registry->{url});
put_new($sender, 1, text => '"known"');
my $known = registered($sender, 'rows-value');
$sender->wait_for_ack(1);
$sender->close_input;
$sender->exit_code;
$registry->tell('down');
$sender = start($registry->{url});
$sender->put(known($known) . schema(1, 0, '"known"') . schema(2, 0, '"unknown"')
	  . record(1, 'k', framed(1, 'a'), flags => VALUE) . record(1, 'k', framed(1, 'b'), flags => VALUE));
ok($sender->wait_for_ack(2), 'a known id lets records through');
is((read_topic($broker, 'rows'))[-1]{payload}, framed($known->{id}, 'b'), 'with that id');
my $log = $sender->wait_for(sub { $_->{type} eq 'L' && $_->{facility} eq 'REGISTRY' });
like($log->{text}, qr/records of topic "rows" are written with id $known->{id}, which the registry gave the schema before/,
	'which is logged');
ok($sender->wait_for(sub { $_->{type} eq 'y' && $_->{assumed} == 1 }), 'and counted');
$sender->put(record(1, 'k', framed(1, 'c'), flags => VALUE)) foreach 1 .. 3;
ok($sender->wait_for_ack(5), 'more of them');
is(scalar(grep { $_->{type} eq 'L' && $_->{facility} eq 'REGISTRY' } @{ $sender->{frames} }), 1, 'once');
$registry->tell('forget');
$registry->tell('first 100');
$registry->tell('up');
sleep 0.3;
$sender->put(record(1, 'k', framed(1, 'd'), flags => VALUE));
my $anew = registered($sender, 'rows-value');
is($anew->{id}, 100, 'a registry that was set up anew is asked again when it is back');
ok($sender->wait_for(sub { $_->{type} eq 'y' && $_->{assumed} == 0 && $_->{requests} > 1 }), 'and nothing is assumed');
$sender->put(record(1, 'k', framed(1, 'e'), flags => VALUE));
ok($sender->wait_for_ack(7), 'from then on');
is((read_topic($broker, 'rows'))[-1]{payload}, framed(100, 'e'), 'its id counts');
ok($sender->wait_for(sub { $_->{type} eq 'L' && $_->{text} =~ /now has id 100 .* written with id $known->{id}/ }),
	'and that others were written is logged');
$sender->close_input;
$sender->exit_code;
$sender = start($registry->{url} . '/base');
$registry->tell('down');
$sender->put(known($known) . schema(1, 0, '"known"') . record(1, 'k', framed(1, 'a'), flags => VALUE));
ok(status($sender, 0, qr/REGISTRY_UNREACHABLE/), 'what one registry said is not taken for another\'s');
$sender->close_input;
$sender->exit_code;
$registry->tell('up');

# ---- answers of no use, and then one ----

$sender = start($registry->{url}, both('read.timeout.ms', 1000), both('connect.timeout.ms', 1000));
my $sequence = 0;
foreach my $case (
	[ 'status 500 50001 Error in the backend data store', qr/Error in the backend data store.*REGISTRY_UNAVAILABLE/ ],
	[ 'status 429 429 Too many',                          qr/Too many.*REGISTRY_UNAVAILABLE/ ],
	[ 'page 502',                                         qr/HTTP status 502.*REGISTRY_UNAVAILABLE/ ],
	[ 'garbage',  qr/the answer is no JSON object.*REGISTRY_GARBLED/ ],
	[ 'lost',     qr/the answer has no id.*REGISTRY_GARBLED/ ],
	[ 'huge',     qr/larger than any answer.*REGISTRY_GARBLED/ ],
	[ 'drop',     qr/REGISTRY_UNREACHABLE/ ],
	[ 'slow 5', qr/REGISTRY_TIMED_OUT/ ])
{
	my ($mode, $pattern) = @$case;

	# a connection that was kept and is dropped is no trouble yet
	$registry->tell(($mode eq 'drop' ? 'next 2 ' : 'next 1 ') . $mode);
	$sender->{frames} = [];
	put_new($sender, 1);
	ok($sender->wait_for_ack(++$sequence), "$mode, then right");
	my $text = status($sender, 0, qr/./);
	like($text && $text->{text}, $pattern, "$mode is shown");
	ok(status($sender, 1, qr/^$/), "$mode: and that it is over");
	$registry->tell('next 0 normal');
}
$registry->tell('mode slow 0.05');
put_new($sender, 2);
ok($sender->wait_for_ack(++$sequence), 'one that is slow is waited for');
$registry->tell('mode normal');
$sender->close_input;
$sender->exit_code;

$registry->tell('next 1 slow 6');
$sender = start($registry->{url});
put_new($sender, 1);
my $slow = status($sender, 0, qr/REGISTRY_SLOW/);
like($slow && $slow->{text}, qr/no answer for 5 seconds from \Q$registry->{url}\E,/, 'one that is very slow is shown before it times out');
ok($sender->wait_for_ack(1), 'and waited for');
ok($sender->wait_for(sub { $_->{type} eq 'U' && $_->{up} && $seen_slow++ }), 'which ends it');
$sender->close_input;
$sender->exit_code;

$registry->tell('mode slow 30');
$sender = start($registry->{url});
put_new($sender, 1);
sleep 0.3;
$begin = time;
$sender->close_input;
is($sender->exit_code, 0, 'the end of the input, in the middle of a request');
cmp_ok(time - $begin, '<', 3, 'at once');
$registry->tell('mode normal');

# ---- two URLs ----

my $other = start_registry();
$registry->tell('down');
$sender = start("$registry->{url}, $other->{url}/base/");
put_new($sender, 1);
ok($sender->wait_for_ack(1), 'the second URL is asked where the first is down');
is(scalar(grep { $_->{type} eq 'U' && !$_->{up} } @{ $sender->{frames} }), 0, 'nothing waits');
$registry->tell('up');
$other->tell('mode status 503 503 Later');
put_new($sender, 2);
ok($sender->wait_for_ack(2), 'and the first again where the second cannot');
$registry->tell('mode status 503 503 Later');
put_new($sender, 3);
ok(status($sender, 0, qr/Later/), 'both of no use: it waits');
$other->tell('mode normal');
ok($sender->wait_for_ack(3), 'for either of them');
like((requests($other))[-1]{path}, qr{^/base/subjects/}, 'a path in front is kept');
$registry->tell('mode normal');
$sender->close_input;
$sender->exit_code;

# ---- what a person must mend ----

foreach my $case (
	[ 'status 401 401 Who are you', 'REGISTRY_UNAUTHORIZED', qr/Who are you; check basic\.auth/ ],
	[ 'status 403 40301 Not for you', 'REGISTRY_FORBIDDEN', qr/Not for you; grant/ ],
	[ 'status 422 42205 Subject is read-only', 'REGISTRY_READ_ONLY', qr/read-only; have the registry's mode/ ],
	[ 'status 400 400 Bad', 'REGISTRY_REFUSED', qr/: Bad$/ ],
	[ 'status 404 404 HTTP 404 Not Found', 'REGISTRY_NO_API', qr/it must be the base of Confluent's/ ],
	[ 'page 404', 'REGISTRY_NO_API', qr/HTTP status 404; check/ ],
	[ 'page 405', 'REGISTRY_NO_API', qr/HTTP status 405/ ],
	[ 'redirect', 'REGISTRY_REDIRECT', qr{it redirects to http://127\.0\.0\.1:1/elsewhere; redirects are not followed} ])
{
	my ($mode, $name, $pattern) = @$case;

	$registry->tell("mode $mode");
	$sender = start($registry->{url});
	put_new($sender, 1);
	like(fails($sender, $name, $mode), $pattern, "$mode: in words");
}
$registry->tell('mode normal');
$sender = start($registry->{url});
$sender->put(record(1, 'k', 'before') x 20);
put_new($sender, 1, text => 'INVALID');
my $text = fails($sender, 'REGISTRY_INVALID', '422');
like($text, qr/^schema of values: could not look up the schema under subject "rows-value" at \S+: Invalid schema: "INVALID"; see what/,
	'422: names the subject and what the registry said');
my ($error) = grep { $_->{type} eq 'E' } @{ $sender->{frames} };
is($error->{topic}, 'rows', '422: and the topic');
is($error->{sequence}, 21, '422: at the record');
ok($sender->wait_for_ack(20), '422: what came before was acknowledged first');
$registry->tell('level 409');
$sender = start($registry->{url});
put_new($sender, 1);
like(fails($sender, 'REGISTRY_INCOMPATIBLE', '409'),
	qr/could not register .*incompatible with an earlier schema.*compatibility level.*schema\.compatibility/,
	'409: what the registry said, and the ways out');
$registry->tell('level none');

# ---- auto.register.schemas, use.latest.version, normalize.schemas ----

$sender = start($registry->{url}, both('auto.register', 'false'), both('normalize', 'true'));
put_new($sender, 1, subject => 'nobody');
like(fails($sender, 'REGISTRY_NOT_FOUND', 'not registered'), qr/Subject 'nobody' not found\.; register the schema/,
	'a schema that must be there is not');
is(scalar(grep { $_->{path} =~ m{/nobody/versions} } requests($registry)), 0, 'and nothing is registered');
is((requests($registry))[-1]{path}, '/subjects/nobody?normalize=true', 'normalize goes along');
$sender = start($registry->{url});
put_new($sender, 1, subject => 'l', text => '"first"');
put_new($sender, 2, subject => 'l', text => '"second"');
$sender->wait_for_ack(2);
$sender->close_input;
$sender->exit_code;
my @latest = (both('auto.register', 'false'), both('use.latest', 'true'));
$sender = start($registry->{url}, @latest);
put_new($sender, 1, subject => 'l', text => '"second"');
ok($sender->wait_for_ack(1), 'the latest version is the table\'s');
put_new($sender, 2, subject => 'l', text => '"first"');
like(fails($sender, 'REGISTRY_NOT_LATEST', 'not the latest'), qr/version 2 is the latest and is another schema/,
	'an older one is not');
$sender = start($registry->{url}, @latest);
put_new($sender, 1, subject => 'l', text => '"third"');
fails($sender, 'REGISTRY_NOT_LATEST', 'one that is not registered');

# ---- who we are ----

my $guarded = start_registry('--user', 'me:p:w');
(my $with_user = $guarded->{url}) =~ s{//}{//me:p%3Aw@};
$sender = start($with_user);
put_new($sender, 1);
ok($sender->wait_for_ack(1), 'a user in the URL');
$sender->close_input;
$sender->exit_code;
$sender = start($guarded->{url}, both('user.info', 'me:p:w'));
put_new($sender, 1);
ok($sender->wait_for_ack(1), 'basic.auth.user.info');
$sender->close_input;
$sender->exit_code;
$sender = start($guarded->{url}, both('sasl.username', 'me'), both('sasl.password', 'p:w'));
put_new($sender, 1);
ok($sender->wait_for_ack(1), 'SASL_INHERIT');
$sender->close_input;
$sender->exit_code;
(my $wrong_user = $guarded->{url}) =~ s{//}{//me:secret1@};
$sender = start($wrong_user);
put_new($sender, 1);
unlike(fails($sender, 'REGISTRY_UNAUTHORIZED', 'a wrong password'), qr/secret1/, 'a wrong password is not shown');
$sender = start($registry->{url}, both('token', 'abc'), both('logical.cluster', 'lsrc-1'), both('header.X-Mine', 'y'));
put_new($sender, 1);
$sender->wait_for_ack(1);
my $headers = (requests($registry))[-1]{headers};
is_deeply([ @{$headers}{qw(authorization target-sr-cluster x-mine)} ], [ 'Bearer abc', 'lsrc-1', 'y' ],
	'a token and headers');
$sender->close_input;
$sender->exit_code;

# ---- TLS ----

my $dir = $SenderTest::tmp;
sub openssl { system("openssl @_ > $dir/openssl.log 2>&1") == 0 or die "openssl @_"; return; }
foreach my $ca ('ca', 'other')
{
	openssl("req -x509 -newkey rsa:2048 -nodes -keyout $dir/$ca.key -out $dir/$ca.crt -subj /CN=$ca -days 2");
}
tempfile('san.cnf', "subjectAltName=DNS:localhost\n");
foreach my $name ('server', 'client')
{
	openssl("req -newkey rsa:2048 -nodes -keyout $dir/$name.key -out $dir/$name.csr -subj /CN=$name");
	openssl("x509 -req -in $dir/$name.csr -CA $dir/ca.crt -CAkey $dir/ca.key -CAcreateserial -days 2 -extfile $dir/san.cnf -out $dir/$name.crt");
}
sub slurp { my ($path) = @_; open(my $fh, '<', $path) or die; local $/; return scalar <$fh>; }
my $secure = start_registry('--tls', "$dir/server.crt", "$dir/server.key");
$sender = start($secure->{url}, both('ssl.ca.location', "$dir/ca.crt"));
put_new($sender, 1);
ok($sender->wait_for_ack(1), 'TLS with the right authority');
$sender->close_input;
$sender->exit_code;
foreach my $case ([ 'the system\'s authorities' ], [ 'another authority', both('ssl.ca.location', "$dir/other.crt") ])
{
	my ($what, @settings) = @$case;

	$sender = start($secure->{url}, @settings);
	put_new($sender, 1);
	like(fails($sender, 'REGISTRY_UNTRUSTED', $what), qr/schema\.registry\.ssl\.truststore\.location/, "$what: in words");
}
(my $by_address = $secure->{url}) =~ s/localhost/127.0.0.1/;
$sender = start($by_address, both('ssl.ca.location', "$dir/ca.crt"));
put_new($sender, 1);
fails($sender, 'REGISTRY_UNTRUSTED', 'a host that the certificate is not for');
$sender = start($by_address, both('ssl.ca.pem', slurp("$dir/ca.crt")), both('ssl.verify.host', 'false'));
put_new($sender, 1);
ok($sender->wait_for_ack(1), 'unless its name is not to be looked at');
$sender->close_input;
$sender->exit_code;
$sender = start($registry->{url} =~ s/^http/https/r);
put_new($sender, 1);
ok(status($sender, 0, qr/REGISTRY_TLS/), 'TLS where there is none');
$sender->close_input;
$sender->exit_code;
$sender = start($secure->{url}, both('ssl.ca.location', '/nonexistent'));
put_new($sender, 1);
fails($sender, 'REGISTRY_CERTIFICATE', 'a file that is not there');
my $mutual = start_registry('--tls', "$dir/server.crt", "$dir/server.key", '--client-ca', "$dir/ca.crt");
$sender = start($mutual->{url}, both('ssl.ca.location', "$dir/ca.crt"),
	both('ssl.certificate.location', "$dir/client.crt"), both('ssl.key.location', "$dir/client.key"));
put_new($sender, 1);
ok($sender->wait_for_ack(1), 'a client certificate from files');
$sender->close_input;
$sender->exit_code;
$sender = start($mutual->{url}, both('ssl.ca.location', "$dir/ca.crt"),
	both('ssl.certificate.pem', slurp("$dir/client.crt")), both('ssl.key.pem', slurp("$dir/client.key")));
put_new($sender, 1);
ok($sender->wait_for_ack(1), 'and from text');
$sender->close_input;
$sender->exit_code;

# ---- what makes no sense ----

foreach my $case (
	[ 'ftp://h', qr/URL 1 of schema\.registry\.url does not begin with http/ ],
	[ "$registry->{url},file:///etc/passwd", qr/URL 2 of schema/ ],
	[ 'http://me:secret2@[', qr/URL 1 of schema\.registry\.url is not valid/ ],
	[ ' , ', qr/schema\.registry\.url is not set/ ])
{
	$sender = start($case->[0]);
	my $said = fails($sender, 'INVALID_INPUT', "URL $case->[0]");
	like($said, $case->[1], "URL $case->[0]: in words");
	unlike($said, qr/secret/, "URL $case->[0]: without a secret");
}
$sender = start($registry->{url}, both('header.X', "a\r\nY: b"));
like(fails($sender, 'INVALID_INPUT', 'a header of two lines'), qr/header/, 'in words');
$sender = start($registry->{url}, both('colour', 'red'));
like(fails($sender, 'INVALID_INPUT', 'a setting that does not exist'), qr/unrecognized setting "w2k\.registry\.key\.colour"/, 'by name');
foreach my $case (
	[ 'an unknown reference', record(1, 'k', framed(5, 'x'), flags => VALUE) ],
	[ 'a reference of the other side', schema(5, 0, '"x"') . record(1, framed(5, 'x'), 'v', flags => KEY) ],
	[ 'four bytes', schema(5, 0, '"x"') . record(1, 'k', "\0\0\0\0", flags => VALUE) ],
	[ 'another first byte', schema(5, 0, '"x"') . record(1, 'k', "\1\0\0\0\5x", flags => VALUE) ],
	[ 'a null value', schema(5, 0, '"x"') . record(1, 'k', undef, flags => VALUE) ],
	[ 'reference 0', schema(0, 0, '"x"') ],
	[ 'an unknown type', schema(5, 0, '"x"', schema_type => 9) ],
	[ 'a subject without a name', schema(5, 0, '"x"', subject => '') ],
	[ 'a short fingerprint', known({ is_key => 0, schema_type => 1, subject => 's', fingerprint => 'ab', id => 1 }) ],
	[ 'an unknown flag', record(1, 'k', 'v', flags => 4) ])
{
	$sender = start($registry->{url});
	$sender->put($case->[1]);
	like(fails($sender, 'INVALID_INPUT', $case->[0]), qr/malformed/, "$case->[0] is malformed");
}
$sender = start_sender('bootstrap.servers', $broker->{address});
$sender->put(topic(1, 'rows') . schema(1, 1, '"x"'));
like(fails($sender, 'INVALID_INPUT', 'a schema without a registry'),
	qr/schemas of keys need a schema registry: set schema\.registry\.url/, 'in words');

# Alone
my ($rc, $stderr) = run_alone(
	"bootstrap.servers=$broker->{address}\nw2k.registry.value.url=$registry->{url}\n",
	hello() . topic(1, 'alone') . schema(1, 0, '"alone"', topic => 'alone')
	  . record(1, 'k', framed(1, 'v'), flags => VALUE));
is($rc, 0, 'alone');
like($stderr, qr/subject "alone-value": schema id \d+, version 1\n/, 'it says what was registered');

done_testing();
