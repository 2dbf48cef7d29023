# The client of SOAP::Lite: client.pl URL DOMAIN LOGIN PASSWORD USERNAME
use strict;
use utf8;
use warnings;
use JSON::PP;
use SOAP::Lite;

my ($url, $domain, $login, $password, $username) = @ARGV;
my $account = "$username\@$domain";
my %seen;

sub string { return SOAP::Data->name($_[0])->type('string')->value($_[1]) }

# the fields of an object, as elements without a namespace
sub object {
    my ($name, %fields) = @_;
    return SOAP::Data->name($name => \SOAP::Data->value(map { string($_, $fields{$_}) } sort keys %fields));
}

sub principal { return object('principal', login => $login, password => $_[0] // $password) }

sub service {
    my $namespace = 'http://service.ws.sippulse.voffice.com.br/';
    return SOAP::Lite->proxy($url . $_[0])->ns($namespace, 'ser')->on_action(sub { '' });
}

sub checked {
    my ($answer) = @_;
    die $answer->faultstring if $answer->fault;
    return $answer;
}

sub refused {
    my ($answer) = @_;
    die 'no fault' unless $answer->fault;
    return $answer->faultdetail->{WSException}{faultMessage};
}

my $subscribers = service('SubscriberWS');
my @key = (string(username => $username), string(domain => $domain));
my $subscriber = object('subscriber', username => $username, domain => $domain, password => 'pç-secret',
    profile => 'interop', firstName => 'João & ‹Ñ> €');
$seen{inserted} = 0 + checked($subscribers->call('insertSubscriber', $subscriber, principal()))->result;
$seen{duplicate} = refused($subscribers->call('insertSubscriber', $subscriber, principal()));
$seen{typed} = JSON::PP::false;
$seen{firstName} = checked($subscribers->call('retrieveSubscriber', @key, principal()))->result->{firstName};
checked($subscribers->call('addCredit', @key, string(value => '0.1'), string(obs => 'ç'), principal()));
$seen{credit} = 0 + checked($subscribers->call('retrieveCredit', @key, principal()))->result;
$seen{wrongPassword} = refused($subscribers->call('retrieveCredit', @key, principal('wrong')));

my $dids = service('DidWS');
for my $number (0 .. 3) {
    my $answer = checked($dids->call('listByAcc', string(accountCode => $account), principal()));
    push @{ $seen{lists} }, scalar(my @found = $answer->valueof('//listByAccResponse/did'));
    checked($dids->call('insertDid', object('did', accountCode => $account, username => $username,
        aliasUsername => "5548$username$number", domain => $domain), principal()));
}

my $group = checked(service('HuntGroupWS')->call('insertHuntGroup', object('huntGroup', domain => $domain,
    description => "Ç $username", method => 'serial', groupList => $username, timeout => 20), principal()))->result;
@seen{qw(groupId uri)} = (0 + $group->{id}, $group->{uri});

my $locations = service('UserLocationWS');
checked($locations->call('addUserLocation', @key, string(contact => "sip:$username\@203.0.113.9"), principal()));
$seen{moment} = checked($locations->call('listUserLocations', @key, principal()))->result->{lastModified};
print JSON::PP->new->ascii->canonical->encode(\%seen), "\n";
