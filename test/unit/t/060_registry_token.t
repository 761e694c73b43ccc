# Tokens for a Schema Registry, by OAuth's grant of client credentials.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";

use JSON::PP;
use SenderTest;
use Test::More;

use constant { VALUE => 2 };

my $broker   = start_broker('--topic', 'rows:1');
my $registry = start_registry();
my $n        = 0;

sub start
{
	my (%more) = @_;
	my %settings = (
		'url' => $registry->{url}, 'backoff.ms' => 50, 'backoff.max.ms' => 100,
		'issuer.endpoint.url' => "$registry->{url}/token?tenant=hidden", 'client.id' => 'me',
		'client.secret' => 'geheim', 'scope' => 'a b&c', %more);
	my $sender = start_sender('bootstrap.servers', $broker->{address},
		map { ("w2k.registry.value.$_", $settings{$_}) } grep { defined $settings{$_} } sort keys %settings);
	$sender->put(topic(1, 'rows'));
	return $sender;
}

sub put_new
{
	my ($sender, $reference) = @_;
	$n++;
	$sender->put(schema($reference, 0, qq({"new": $n})) . record(1, 'k', framed($reference, "v$n"), flags => VALUE));
	return;
}

sub fails
{
	my ($sender, $name, $what) = @_;
	my $error = $sender->wait_for(sub { $_->{type} eq 'E' });

	is($error && $error->{name}, $name, "$what: a person must act");
	is($sender->exit_code, 1, "$what: the sender ends");
	note($error->{text}) if $error;
	unlike($error->{text}, qr/geheim|hidden|token-\d/, "$what: no secret is told") if $error;
	return $error ? $error->{text} : '';
}

sub requests { return @{ decode_json($registry->ask('log')) }; }
sub issued   { return grep { $_->{path} =~ m{^/token} } requests(); }

sub end { my ($sender) = @_; $sender->close_input; is($sender->exit_code, 0, 'the end'); return; }

# Asked for once, and sent along
$registry->tell('oauth me:geheim');
my $sender = start('logical.cluster' => 'lsrc-1');
put_new($sender, $_) foreach 1 .. 3;
ok($sender->wait_for_ack(3), 'records go through');
is(scalar(issued()), 1, 'by one token');
my ($asked) = issued();
is($asked->{body}, 'grant_type=client_credentials&scope=a%20b%26c', 'of which is asked what OAuth has');
is($asked->{headers}{'content-type'}, 'application/x-www-form-urlencoded', 'in a form');
is((requests())[-1]{headers}{authorization}, 'Bearer token-1', 'the registry gets it');
is((requests())[-1]{headers}{'target-sr-cluster'}, 'lsrc-1', 'with the cluster');

# Taken back, it is asked for again, once
$registry->tell('revoke');
put_new($sender, 4);
ok($sender->wait_for_ack(4), 'a token that was taken back');
is(scalar(issued()), 2, 'is asked for again');
$registry->tell('next 1 status 401 40101 away');
put_new($sender, 5);
ok($sender->wait_for_ack(5), 'and one that the registry refuses for once');
$registry->tell('next 2 status 401 40101 away');
put_new($sender, 6);
fails($sender, 'REGISTRY_UNAUTHORIZED', 'refused again and again');

# Soon to expire, or never
$registry->tell('lifetime 60');
my $before = issued();
$sender = start('cache.expiry.buffer.seconds' => 120);
put_new($sender, $_) foreach 1 .. 2;
ok($sender->wait_for_ack(2), 'tokens of a minute, two too early');
cmp_ok(issued() - $before, '>', 2, 'one for each request');
end($sender);
$registry->tell('lifetime 0');
$before = issued();
$sender = start();
put_new($sender, $_) foreach 1 .. 2;
ok($sender->wait_for_ack(2), 'a token that does not say');
is(issued() - $before, 1, 'is used on');
end($sender);
$registry->tell('lifetime 3600');

# Wrong, hostile, away
$sender = start('client.secret' => 'geheim2');
put_new($sender, 1);
my $text = fails($sender, 'REGISTRY_UNAUTHORIZED', 'a wrong secret');
like($text, qr{no token from \Q$registry->{url}\E/token: invalid_client, no such client}, 'in words');
$registry->tell('next 1 status 400 400 no');
$sender = start();
put_new($sender, 1);
fails($sender, 'REGISTRY_UNAUTHORIZED', 'a bad request');
$registry->tell('next 1 redirect');
$sender = start();
put_new($sender, 1);
fails($sender, 'REGISTRY_REDIRECT', 'a redirect');
foreach my $mode ('garbage', 'huge', 'lost', 'drop', 'page 200', 'status 503 503 later')
{
	$registry->tell("next 1 $mode");
	$sender = start();
	put_new($sender, 1);
	my $status = $sender->wait_for(sub { $_->{type} eq 'U' && $_->{up} == 0 });
	like($status && $status->{text}, qr/^schema registry: .*no token from/, "$mode: that is shown");
	unlike($status && $status->{text}, qr/geheim|hidden/, "$mode: without a secret");
	ok($sender->wait_for_ack(1), "$mode: and asked again");
	end($sender);
}

# Settings that make no sense
foreach my $case (
	[ { 'issuer.endpoint.url' => 'file:///etc/passwd' }, qr/bearer\.auth\.issuer\.endpoint\.url is not/ ],
	[ { 'issuer.endpoint.url' => 'http://me:geheim@localhost/' }, qr/bearer\.auth\.issuer\.endpoint\.url is not/ ],
	[ { 'client.secret' => undef }, qr/client\.secret are not set/ ])
{
	like(fails(start(%{ $case->[0] }), 'INVALID_INPUT', 'settings'), $case->[1], 'in words');
}

done_testing();
