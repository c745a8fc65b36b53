package query

// Help explains the language to users, in plain text of at most 80 columns.
const Help = `A query says what a line must look like. It is about single lines: all parts of
a query are looked for in the same line.

WORDS
  conntrack                 the word, in upper or lower case, standing alone:
                            not in "nf_conntrack", as _ is part of a word
  conntrack full            both words, in any order
  nf_conn*                  words that begin so
  aws-node  10.0.0.1        words may have other characters in them; letters,
  kubelet.go:2627           digits and _ must not go on at either end, so
  /etc/cni/net.d  --v=2     10.0.0.1 is not found in 10.0.0.12
  \/dev/                    a path that would read as an expression

PHRASES
  "table full"              the text as it stands, in upper or lower case,
                            anywhere, also within a word
  "msg=\"Failed to"         \" is a quotation mark, \\ a backslash; every other
                            character is itself

REGULAR EXPRESSIONS
  /exit(Code|_status)[=:][1-9]/
                            as written, case matters
  /imds.*time(d )?out/i     upper and lower case are the same
  /GET \/healthz 5\d\d/     \/ is a slash
  /exitCode=2$/             $ is the end of the line, before \n or \r\n
  The syntax is RE2 (https://github.com/google/re2/wiki/Syntax). Look-around
  such as (?!...) and references such as \1 work as well, but are slow: a line
  gets 100 ms, and the search ends when several lines need more.
  --regex takes the whole query as one expression:
      --regex '169.254.169.254.*timed out|EC2MetadataError|IMDS'

TOGETHER
  a b    a AND b            both
  a OR b                    one of them; "a b OR c" is "(a b) OR c"
  -a     NOT a              lines without it
  error (imds OR metadata) -debug

FIELDS
  file:ipamd.log            a part of the path in the bundle, or a pattern:
  file:*.log                without a slash it is for the last part of the
  file:var_log/**/0.log     path, with one for all of it; ** is any folders
  format:klog               the format of the file
  component:kubelet         the component that the file belongs to
  unit:containerd           the program that a journal or syslog line names
  level:error               debug, info, warn, error or fatal; lines that give
  level:>=warn              themselves no level are not found
  pod:coredns               a part of the name of the file's pod
  container:aws-node        the container of the file
  ns:kube-system            the namespace of the file
  finding:F-003             the lines that are shown as proof of a finding
  since:  until:  time:     see below
  In names * is any text and ? any character: pod:aws-node-*. Case does not
  matter. A value with spaces or parentheses goes in quotation marks:
  since:"2026-11-21 00:30". A word with a colon is a field only if its name is
  in this list; "level:error" in quotation marks is text.

TIME
  since:2026-11-21          a day, UTC
  until:2026-11-21T00:37    a minute; until includes what it names
  since:2026-11-21T00:37:49+01:00
                            a second; fractions work as well
  since:-2h  since:-1d12h   before the end of the case
  since:@F-003-5m           5 minutes before the first line of a finding
  time:@F-003-5m..+1m       from 5 minutes before that to 1 minute after it
  time:@F-003               from the first to the last line of a finding
  time:-2h..-90m  time:2026-11-21T00:30..+10m  time:..2026-11-20
                            from .. to, of which one may be missing; + counts
                            from the first of the two
  Lines whose time is not known are in none of these.

EXAMPLES
  "Failed to create pod sandbox" file:kubelet.log
  level:>=error -unit:kubelet since:-30m
  (oom OR "out of memory") time:@F-001-5m..+1m
  ns:kube-system pod:coredns /i\/o timeout$/
`
