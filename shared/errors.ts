/**
 * All errors for people and scripts, in one table.
 *
 * `message` says what was attempted, with which value, and why it failed; `hint` says what to do now. `{name}` is
 * replaced by the value given to `fail`. `status` is the HTTP status; `retryable`: whether the same call may succeed
 * later without any change.
 */
import type { Reason } from './inventory.ts';
import { escaped, escapedLines } from './safe-text.ts';
import { sentence } from './sentence.ts';

export interface ErrorRow {
  status: number;
  message: string;
  hint: string;
  retryable: boolean;
}

/** A code is made on two pages, and does not say on which. */
const newCode =
  'Create a new one on the page "Add endpoint" or, for a machine that has an endpoint, with "Replace the credential" on its page.';

const row = (status: number, message: string, hint: string, retryable = false): ErrorRow => ({
  status,
  message,
  hint,
  retryable,
});

export const errors = {
  // Settings and start
  BAD_DURATION: row(
    400,
    '{what} "{value}" is not a duration.',
    'Write a number with a unit: 500ms, 10s, 2m, 36h or 14d.',
  ),
  BAD_FLAG: row(400, 'The command line has {problem}.', 'Run the command with --help to see its arguments.'),
  // One line per fault: `file:line:column: what is wrong`.
  BAD_CONFIG: row(400, '{faults}', 'Correct this, then run `npm run collector -- {command}`.'),
  BAD_LOCAL_CONFIG: row(400, '{faults}', 'Correct this, then run `npm run agent -- doctor`.'),
  BAD_SETTING: row(400, '{faults}', 'Correct these settings and try again.'),
  CONFIG_UNREADABLE: row(
    400,
    'The settings file {file} cannot be read: {reason}.',
    'Check the path and its permissions.',
  ),
  CODE_FILE_UNREADABLE: row(
    400,
    'The join code cannot be read from {file}: {reason}.',
    'Check the path and its permissions, or give the code in another way (evenkeel-agent help).',
  ),
  CODE_FILE_OPEN: row(
    403,
    'The join code in {file} is not used: others may read it (mode {mode}).',
    'Whoever reads it could report as this machine: make a new code if others were at it. Then run: chmod 600 {file}',
  ),
  // `problem` names the file or folder, its owner and mode; `todo` is the command that mends it.
  UNTRUSTED_PATH: row(
    403,
    '{file} is not used: {problem}. {todo}',
    'Only root and the user of the agent may be able to change what it obeys and writes, and every folder above that.',
  ),
  UPDATE_NOT_HERE: row(
    409,
    'This agent does not exchange itself: it was installed as {form}.',
    'Install the new package as the first one: with the package manager, the installer, or git.',
  ),
  PORT_IN_USE: row(
    500,
    'Cannot listen on {address}: another program uses it.',
    'Stop that program, or choose another port with {option}.',
  ),
  LISTEN_REFUSED: row(
    500,
    'Cannot listen on {address}: {reason}.',
    'Choose an address of this machine and a port that you may use, with {option}.',
  ),
  TLS_EXISTS: row(
    409,
    'There is an authority in {path} already.',
    'Nothing was changed. Further names stand in evenkeel.yaml (tls: { names: […] }); the next authority: `npm run collector -- tls rotate`. To begin anew while no agent is enrolled: stop the collector, move {path} away, and run `tls init` again.',
  ),
  TLS_OLD_TRUSTED: row(
    409,
    'The authority is not changed again: the change of {since} is not over, because {against}.',
    'Nothing was changed. `npm run collector -- tls status` and the page "Settings" name who has not taken it: start those machines, update their agents, or retire them. Certificates are renewed by themselves. Only if the key of the authority is in other hands: `npm run collector -- tls rotate --compromised --cut-off-agents`.',
  ),
  TLS_NOT_MADE: row(
    500,
    'The certificate ({what}) could not be made: {reason}.',
    'Nothing was changed. Try again; the log has more.',
    true,
  ),
  // `todo` is the command that mends it.
  TLS_UNUSABLE: row(500, '{path} cannot be used: {reason}.', '{todo}'),
  DATA_NOT_WRITABLE: row(
    500,
    'The data folder {path} cannot be written: {reason}.',
    'Give its owner write access, or choose another folder with --data or EVENKEEL_DATA.',
  ),
  NOT_WRITTEN: row(
    500,
    'Could not write into {path}: {reason}.',
    'Give its owner write access, or name another folder with --out.',
  ),
  NO_DATA: row(
    404,
    'There is no data of a collector in {path}.',
    'Nothing was created. Name the folder of the collector with --data or EVENKEEL_DATA, or start the collector there first.',
  ),
  STATE_UNREACHABLE: row(503, 'The database {place} cannot be reached: {reason}.', '{todo}', true),
  STATE_REFUSED: row(500, 'The database {place} cannot be used: {reason}.', '{todo}'),
  CLUSTER_NAME_TAKEN: row(
    409,
    'Another collector called {name} runs already, at {address}.',
    'Give each collector a name of its own: cluster: { name: … } in evenkeel.yaml. One that was killed is no longer in the way after a few seconds.',
    true,
  ),
  NO_LEADER: row(
    503,
    'No collector answers pages at the moment: the one that did is gone, and another takes over.',
    'It takes a few seconds; try again. What was just asked for was not done, and nothing is lost: agents keep their reports. If it lasts, the logs of the collectors have the reason.',
    true,
  ),
  CHANGE_UNKNOWN: row(
    504,
    'It is not known whether this was saved: the collector that had it is gone, and another takes over.',
    'It was done once or not at all. Load the page again in a few seconds and look, before you send it once more.',
  ),
  /** `what`: what was to be done with which folder; `todo`: the way out. */
  BACKUP_REFUSED: row(400, 'The backup was not done: {what}: {reason}.', '{todo}'),
  // Both as the collector that made it said them.
  BACKUP_FAILED: row(400, '{message}', '{hint}'),
  BACKUP_UNUSABLE: row(400, 'The backup in {path} cannot be used: {reason}.', '{todo}'),
  COPY_REFUSED: row(409, 'The state was not copied: {reason}.', '{todo}'),
  COPY_ENDED: row(
    409,
    'The copy was ended before it was complete.',
    'What was copied stays, and nothing was changed where it comes from. Run the same again: it goes on.',
  ),
  RESTORE_REFUSED: row(400, 'Nothing was restored to {path}: {reason}.', '{todo}'),
  // Pages show it: which database and why stands in the log.
  STATE_UNAVAILABLE: row(
    503,
    'The collector cannot reach its database at present.',
    'Nothing is lost: agents keep their reports, and the collector retries. Its log has the reason.',
    true,
  ),
  DATA_NEWER: row(
    500,
    'Could not open {path}: it was written by a newer version (schema {found}, this version knows none after {known}).',
    '{todo}.',
  ),
  DATA_FORKED: row(
    500,
    'Could not open {path}: it was written by another build. It has the migration {found}, and not {missing}, which this version applies before that one.',
    'Nothing was changed. {todo}.',
  ),
  DATA_CORRUPT: row(
    500,
    'The data file {path} is damaged: {reason}.',
    'Nothing was changed. Restore this file from a backup, or move the data folder away to start empty.',
  ),
  DATA_IN_USE: row(
    500,
    'The data folder {path} is in use by another collector (process {pid}).',
    'Stop that collector first, or choose another folder with --data.',
  ),
  DATA_LOST: row(
    507,
    'The data folder {path} is no longer the one that was opened: {what}.',
    'Nothing more is kept, and agents keep their reports. Put the folder back as it was (mount its disk, or restore a ' +
      'backup), then restart.',
    true,
  ),
  AGENT_FOLDER_LOST: row(
    507,
    'The agent’s folder {path} is no longer the one that was opened: {what}.',
    'Reports go on while the collector can be reached; what it has not stored is lost when the agent ends. Put the ' +
      'folder back and restart the agent, or enrol this machine again.',
  ),
  DISK_FULL: row(
    507,
    'The disk that holds {path} is full.',
    'Free some space: the collector then continues, and agents keep their reports until then.',
    true,
  ),
  SERIES_UNAVAILABLE: row(
    503,
    'The time series cannot be read now: {reason}',
    'Newest values and alerts go on. Try again when the database is back; nothing that was reported is lost.',
    true,
  ),

  FILE_REFUSED: row(
    422,
    'The file "{name}" was not kept: {problem}.',
    'Send another one, or put it where the desk can fetch it and name that place in a comment.',
  ),
  FILE_MISSING: row(
    410,
    'The file "{name}" of ticket {ticket} is not in the data folder of this collector.',
    'Files lie in the folder "attachments" of the collector that took them: bring it along when a collector moves.',
  ),
  // The wire
  NOT_JSON: row(400, 'The payload is not JSON: {reason}.', 'Send UTF-8 JSON, gzip-compressed or plain.'),
  TOO_LARGE: row(
    413,
    'What was sent has {size} bytes; at most {limit} are accepted.',
    'Send it in smaller parts, each within the limit.',
  ),
  UNREAD_TYPE: row(
    415,
    'What was sent is of the type {type}, and {method} {path} reads JSON only.',
    'Send JSON with the header `Content-Type: application/json`; a table is the text `csv` in it: {"csv": "…"}.',
  ),
  BAD_GZIP: row(
    400,
    'The payload starts like gzip but cannot be inflated: {reason}.',
    'Send whole gzip data of at most {limit} bytes inflated.',
  ),
  MESSAGE_UNREADABLE: row(
    400,
    'The message of {size} bytes could not be read: {reason}.',
    'It was given up, and others go on. Send it in smaller parts; what is sent on change comes again within a day.',
  ),
  BAD_SHAPE: row(400, '{where}: {problem}.', 'Compare with the schema in shared/report.ts.'),
  BAD_TIMESTAMP: row(
    400,
    '{where}: the time {value} is outside what can be stored ({from} to {to}).',
    'Set the clock of the endpoint.',
  ),
  UNKNOWN_METRIC: row(
    400,
    'The metric {metric} is not in the catalogue.',
    'Update the collector: this agent is newer.',
  ),
  BAD_TOPIC: row(400, 'The topic {topic} is not a topic of Evenkeel.', 'See shared/topics.ts.'),
  TOO_MANY_SERIES: row(
    429,
    'The endpoint {endpoint} sends more than {limit} series in two days, or names of them longer than {text} characters together.',
    'Look for a tag whose values keep changing, or are long.',
  ),
  TOO_MANY_GAPS: row(
    429,
    'The numbers of the reports in epoch {epoch} have more than {limit} gaps, so one beyond a further gap was refused.',
    'Nothing is lost by it: the agent is told to go on under a new epoch, and sends it again. Where it comes again and again, something else sends in the name of this endpoint: replace its credential.',
  ),

  // Enrolment
  CODE_IN_CLEAR: row(
    400,
    'The join code was not sent to {url}: that connection is not encrypted, so whoever is on the way could read it and report as this machine.',
    'Give the collector a certificate (tls.cert and tls.key in its evenkeel.yaml) and create a new code. If you trust every network on the way: enroll --insecure-http.',
  ),
  BAD_JOIN_CODE: row(
    400,
    'The join code {code} is not complete.',
    'Copy the whole line from the page "Add endpoint", or from "Replace the credential" on the page of the endpoint.',
  ),
  JOIN_CODE_MISTYPED: row(
    400,
    'The join code {code} is mistyped: its last four characters do not fit the others.',
    'Nothing was sent. Copy the whole code instead of typing it, or compare it character by character.',
  ),
  JOIN_CODE_NEWER: row(
    400,
    'The join code {code} asks for what this agent does not know ({what}).',
    'Install the agent that this collector offers on its page "Add endpoint", then use the code again.',
  ),
  PIN_MISMATCH: row(
    502,
    '{url} shows an authority that this agent does not know ({shown}; known: {known}).',
    'Nothing secret was sent. Either somebody stands between this machine and the collector, or the authority was made anew: then create a new join code on the page "Add endpoint", and for a machine that is enrolled already, with "Replace the credential" on its page, and run `evenkeel-agent enroll --again`.',
  ),
  JOIN_CODE_UNKNOWN: row(403, 'The collector does not know this join code.', newCode),
  JOIN_CODE_REVOKED: row(403, 'This join code was revoked at {at} by {by}.', newCode),
  JOIN_CODE_EXPIRED: row(403, 'This join code expired at {at}.', newCode),
  JOIN_CODE_ELSEWHERE: row(
    403,
    'This join code is for machines with an address in {ranges}; this one asked from {address}.',
    'Use it on a machine of that network, or create a code without a range, or with another one.',
  ),
  JOIN_REFUSED: row(
    403,
    '{by} refused to let this machine join at {at}: {reason}.',
    'Ask them why. To ask to join once more, run the same again.',
  ),
  APPROVAL_NOT_GIVEN: row(
    403,
    'Nobody has let this machine join within {days} days.',
    'Ask an admin to approve it on the page "Add endpoint", and run `evenkeel-agent enroll` once more.',
  ),
  TOO_MANY_WAITING: row(
    429,
    'Already {limit} machines wait for a person to let them join.',
    'Ask an admin to look through them on the page "Add endpoint"; then run the same again.',
    true,
  ),
  APPLICANT_DECIDED: row(409, '{name} is {state} already, by {by}.', 'Load the page again.'),
  JOIN_CODE_USED: row(403, 'This join code has been used {uses} of {uses} times.', newCode),
  CREDENTIAL_REFUSED: row(
    401,
    'The collector does not accept the credential of {endpoint}.',
    'The endpoint was retired, its credential was replaced, or its machine is to be enrolled again: an admin makes the line for that with "Replace the credential" on its page.',
  ),
  ALREADY_ENROLLED: row(
    409,
    'This machine is enrolled already, as {name} at {collector}.',
    'Nothing to do. Where this is a copy of another machine, or the collector is another: enroll --again.',
  ),
  NOT_ENROLLED: row(
    400,
    'This machine is not enrolled: {path} is missing.',
    'Run `npm run agent -- enroll` and paste a code from the page "Add endpoint".',
  ),
  AGENT_RUNNING: row(
    409,
    'Another agent runs on the data folder {path}.',
    'Nothing to do, or stop that one first. A second agent needs a folder of its own: --data DIR.',
  ),
  AGENT_NOT_RUNNING: row(
    409,
    'No agent runs on the data folder {path}.',
    'Start it with `npm run agent -- run`, or name its folder with --data. Only root and the user it runs as reach it.',
  ),
  COLLECTOR_UNREACHABLE: row(
    502,
    'The collector at {url} cannot be reached: {reason}.',
    'Check the address, the network and whether the collector runs.',
    true,
  ),

  CERTIFICATE_REFUSED: row(
    502,
    'The collector at {url} shows a certificate that this machine does not accept: {reason}.',
    '{todo}',
  ),

  // HTTP
  NOT_LOGGED_IN: row(401, 'This needs a log-in.', 'Log in, or send `Authorization: Bearer` with a token.'),
  WRONG_TOKEN: row(
    401,
    'This token opens nothing: it is wrong, has ended or was revoked.',
    'Create a new one under Settings, or with `npm run collector -- token create`.',
  ),
  BROKER_ASKS_NOT: row(
    404,
    'No broker asks this collector who may log in: its settings have no `broker.users` of `kind: http`.',
    'Run `npm run collector -- broker-config emqx --out DIR`, which makes the settings for both.',
  ),
  BROKER_UNKNOWN: row(
    401,
    'This is not the secret by which the broker asks this collector who may log in.',
    'Compare `authorization` in the settings of the broker with the file that `broker.users.secret_file` of evenkeel.yaml names.',
  ),
  BAD_LOGIN: row(401, 'The user name or the password is wrong.', 'Try again. An admin can set a new password.'),
  TOO_MANY_LOGINS: row(
    429,
    'Too many wrong log-ins from this address or under this name.',
    'Try again in {seconds} s.',
    true,
  ),
  CODE_NEEDED: row(
    401,
    'A code of your second factor is asked for.',
    'Type in the six digits that your app shows, or a recovery code.',
  ),
  WRONG_CODE: row(
    401,
    'This code is wrong, or was used already.',
    'Wait for the next one, and look whether the clock of the phone is right. Without the app: a recovery code, or another admin.',
  ),
  TOO_MANY_CODES: row(429, 'Too many wrong codes.', 'Try again in {minutes} min, or ask another admin.', true),
  FACTOR_MISSING: row(
    403,
    'Your role needs a second factor, and you have none yet.',
    'Log in to the web app and set it up.',
  ),
  // Log-in by a provider of OpenID Connect. `todo` says whose turn it is.
  OPENID_OFF: row(
    404,
    'Nobody logs in by a provider here: none is set up.',
    'Log in with a password. An admin sets one up in evenkeel.yaml (login: { openid: … }).',
  ),
  OPENID_UNREACHABLE: row(
    502,
    '{provider} at {issuer} cannot be reached by this collector: {reason}.',
    'Try again in a moment. An admin with a password here can log in meanwhile, and sees the cause with `npm run collector -- openid check`.',
    true,
  ),
  OPENID_MISSET: row(502, '{provider} does not work with this collector: {reason}.', '{todo}'),
  OPENID_CLOCK: row(
    502,
    'The log-in by {provider} is not valid at this time: {reason}.',
    'Set the clock of the machine of the collector, as by NTP, then log in again.',
  ),
  OPENID_UNFIT: row(
    401,
    'This log-in does not fit what was begun here: {reason}.',
    'Nobody was logged in. Begin again at {url}.',
  ),
  OPENID_DECLINED: row(401, '{provider} did not log you in: {reason}.', 'Try again, or ask an admin of the provider.'),
  OPENID_NO_ROLE: row(
    403,
    'You have no role here: none of your groups at {provider} has one ({groups}).',
    'Ask for one of the groups that have a role here (login.openid.groups in evenkeel.yaml), then log in again.',
  ),
  OPENID_NO_GROUPS: row(502, '{provider} does not say in which groups you are: {reason}.', '{todo}'),
  OPENID_USER: row(403, 'You cannot log in as {name}: {problem}.', 'Ask an admin of this collector.'),
  FORBIDDEN: row(403, 'The role {role} may not do this; it needs {needed}.', 'Ask an admin for the role.'),
  BEYOND_SITES: row(
    403,
    'You are limited to some sites ({sites}), and {problem}.',
    'Ask an admin, or somebody without a limit, to do it.',
  ),
  ADMIN_LIMITED: row(
    409,
    'Admins are never limited to sites, and "{name}" is or would be an admin.',
    'Give them the role manager, operator or viewer, or take the limit away.',
  ),
  CROSS_ORIGIN: row(
    403,
    'The request came from another site ({origin}).',
    'Use the web app itself, or a bearer token in scripts.',
  ),
  UNKNOWN_HOST: row(
    421,
    'The request was for "{host}", which is not known as a name of this collector.',
    'Open {url}, or add the name to http.names in evenkeel.yaml.',
  ),
  UPGRADE_MISSING: row(
    426,
    'At {path} agents are answered by WebSocket, and this request asked for none.',
    'Where a reverse proxy stands in front of the collector, have it pass the headers Upgrade and Connection on.',
  ),
  WEBSOCKET_OFF: row(
    404,
    'This collector takes no MQTT over WebSocket.',
    'Let the machine reach {url}, or have an admin take `websocket: false` out of `mqtt` in evenkeel.yaml.',
  ),
  SETUP_CLOSED: row(403, 'Set-up is closed: an admin exists already.', 'Log in.'),
  SETUP_LINK_WRONG: row(
    403,
    'This set-up link is not the one that the collector printed.',
    'Open the link from the last start of the collector.',
  ),
  WEAK_PASSWORD: row(
    400,
    'The password is too short: {length} characters.',
    'Use at least {limit} characters; a sentence is fine.',
  ),
  COMMON_PASSWORD: row(
    400,
    'The password is one of those that are guessed first.',
    'Use several words that have nothing to do with each other or with you, or let a password manager make one.',
  ),
  CONFIRM_PASSWORD: row(
    403,
    'Your password is asked for again before this: the log-in is older than {minutes} min.',
    'Type it in, or send it to POST /api/v1/me/confirm, and try again.',
  ),
  NOT_FOUND: row(
    404,
    'There is no {what} {id}.',
    'It may have been removed, or be written otherwise. Choose one of the list.',
  ),
  BAD_NAME: row(
    400,
    'The {what} cannot be called {name}: {problem}.',
    'Give a name of one line with 1 to 128 characters.',
  ),
  BAD_CALENDAR: row(
    400,
    'The calendar {name} cannot be saved: {fault}.',
    'Correct that and save again. Closing before opening means the next day.',
  ),
  BAD_ENTRY: row(400, 'Cannot save {what}: {fault}.', 'Correct that and save again.'),
  TOO_MANY_ROWS: row(400, 'The answer would have more than {limit} rows.', 'Narrow the search.'),
  LDAP_FAILED: row(
    502,
    'The people of {url} were not read: {problem}.',
    'Nothing was changed: people are as they were read the last time. Settings stand under ldap: in evenkeel.yaml, and count from the next start.',
    true,
  ),
  LDAP_CHANGED: row(
    409,
    'What {url} would change is not what was shown.',
    'Nothing was changed. Look at it once more, and confirm it then.',
  ),
  BAD_TABLE: row(
    400,
    'The table was not read in. {faults}. Faults: {count}.',
    'Correct the table and send it again. Nothing of it was saved.',
  ),
  BAD_DEFINITION: row(
    400,
    'The definition of the index cannot be saved: {fault}.',
    'Correct that and save again; what is closed keeps the definition that it was computed with.',
  ),
  BAD_IMPACT: row(
    400,
    'The impact of ticket {ticket} cannot be saved: {fault}.',
    'Correct that segment and save again. Segments of one site follow each other.',
  ),
  BAD_ZONE: row(
    400,
    'The time zone {zone} is not known.',
    'Give an IANA name such as {near}, or none: then the report zone holds.',
  ),
  METHOD_NOT_ALLOWED: row(
    405,
    '{path} does not take {method}.',
    'It takes {allowed}. See /openapi.json for what each does.',
  ),
  NO_SUCH_ROUTE: row(404, 'There is nothing at {method} {path}.', 'See /openapi.json for all addresses.'),
  BAD_REQUEST: row(400, 'The request was not understood: {problem}.', 'See /openapi.json for what this address takes.'),
  NOT_BEGUN: row(
    400,
    '{period} has not begun in {zone}: nothing of it is known yet.',
    'Ask for {present}, the present month, or for an earlier period.',
  ),
  SAME_PASSWORD: row(
    400,
    'The new password is the present one.',
    'Nothing was changed. Choose another one; the present one goes on working.',
  ),
  BAD_MATCHER: row(
    400,
    'The matcher {text} is not understood: {problem}.',
    'Write it as label="value"; != for all others, =~ and !~ for a pattern. It has to fit the whole value.',
  ),
  BAD_RULE: row(400, 'The rule is not valid: {faults}.', 'Nothing was changed. Correct it and send the change again.'),
  BAD_CHANGE: row(400, 'The change was not saved: {problem}.', 'Correct that and send it again.'),
  BAD_DEPENDENCY: row(400, 'The dependencies were not saved: {problem}.', 'Correct that and send them again.'),
  BAD_SILENCE: row(400, 'The silence was not entered: {problem}.', 'Correct that and send it again.'),
  BAD_MAINTENANCE: row(400, 'The maintenance was not entered: {problem}.', 'Correct that and send it again.'),
  RULE_IN_FILE: row(
    409,
    'The rule {id} is set in evenkeel.yaml, so it cannot be changed here.',
    'Change it in that file and restart the collector, or remove it there.',
  ),
  RATING_UNKNOWN: row(
    404,
    'This link to rate a ticket is not known.',
    'Copy the whole link, or ask the service desk for a new one.',
  ),
  RATING_EXPIRED: row(410, 'This link to rate a ticket expired at {at}.', 'Ask the service desk for a new one.'),
  REPORT_LINK_UNKNOWN: row(
    404,
    'This link is not known, or is no longer valid.',
    'Scan the label on the machine again, or contact the service desk.',
  ),
  REPORTS_MANY: row(
    429,
    'Too much was reported in a short time, so this was not sent.',
    'Try again in {minutes} min, or contact the service desk in another way.',
    true,
  ),
  ACT_UNKNOWN: row(
    404,
    'This link is not known, or is no longer valid.',
    'Copy the whole link of the message, or log in and open the page "Alerts".',
  ),
  ACT_EXPIRED: row(410, 'This link expired at {at}.', 'Log in and open the page "Alerts".'),
  CONFLICT: row(
    409,
    'This cannot be done now: {problem}.',
    'Nothing was changed. Remove what stands against it, which the message names, or choose something else.',
  ),
  CHANGED_SINCE: row(
    409,
    'This was not saved: {problem}.',
    'Look at what it is now, and enter yours again where it is still wanted.',
  ),
  TOO_MANY_ALERTS: row(
    503,
    '{more} more alerts from outside cannot be taken: {count} fire, and at most {limit} do so at a time.',
    'End those that are over on the page Alerts, or have the sender group what it sends.',
    true,
  ),
  LOGINS_BUSY: row(503, 'Too many log-ins are checked at this moment.', 'Try again in a few seconds.', true),
  TOO_MANY_REQUESTS: row(429, 'Too many requests: at most {limit} in {window}.', 'Wait a moment.', true),
  INTERNAL: row(500, 'The collector failed at this request.', 'Look for the reference {reference} in its log.', true),

  // Reports
  PDF_NO_BROWSER: row(
    503,
    'No PDF can be made: there is no Chromium or Chrome in {where}.',
    'Install one where the collector runs (package chromium), or name its path under `browser` in evenkeel.yaml. Until then print the page of the report, or use its table.',
  ),
  PDF_FAILED: row(
    502,
    'The PDF could not be made: {reason}.',
    'Try again. If that does not help, print the page of the report, or use its table.',
    true,
  ),
  PDF_BUSY: row(503, 'Too many PDFs are being made: {n} wait already.', 'Try again in a minute.', true),

  // Notifications
  CHANNEL_FAILED: row(
    502,
    'The channel {channel} did not accept the notification: {reason}.',
    'It is retried automatically.',
    true,
  ),
  CHANNEL_REFUSED: row(
    502,
    'The channel {channel} refused the notification: {reason}.',
    'Correct the settings of the channel.',
  ),
  DESK_FAILED: row(
    502,
    'The ticket desk {desk} did not do what it was asked for ({what}): {reason}.',
    'It is tried again automatically; nothing is lost meanwhile.',
    true,
  ),
  DESK_REFUSED: row(
    502,
    'The ticket desk {desk} refused {what}: {reason}.',
    'Correct the desk in evenkeel.yaml, or what the desk asks for; its test says what is missing.',
  ),
  DESK_DENIED: row(
    502,
    'The ticket desk {desk} does not let the account do this ({what}): {reason}.',
    'Give the account its rights back or renew its secret; then press Test. Until then it is asked every 15 minutes.',
  ),
  CHAT_FAILED: row(
    502,
    'The chat room {room} did not do what it was asked for ({what}): {reason}.',
    'It is tried again automatically; what was said there is done once it is reached.',
    true,
  ),
  CHAT_REFUSED: row(
    502,
    'The chat room {room} refused {what}: {reason}.',
    'Correct the room under `chat` in evenkeel.yaml, or outgoing.allow where it is on a private network; press Test on the page Settings.',
  ),
  CHAT_DENIED: row(
    502,
    'The chat room {room} does not accept our token for {what}: {reason}.',
    'Make a new token with the rights that collector/chat/README.md names, put it into its file, and press Test on the page Settings.',
  ),
  HOOK_REFUSED: row(
    401,
    'This message is not signed with the secret of the desk.',
    'Give the desk the secret whose file evenkeel.yaml names as hook_secret_file.',
  ),
  TARGET_NOT_ALLOWED: row(
    502,
    'Notifications do not go to {target}: this machine and private networks must stand in outgoing.allow.',
    'If it is meant, add the address, range or name to outgoing.allow in evenkeel.yaml, and start again.',
  ),
  TARGET_NEVER_ALLOWED: row(
    502,
    'Notifications never go to {target}: clouds hand out the credentials of machines there, or it is valid on one cable only.',
    'No setting opens it. Correct the address; where a name leads there, its DNS entry is wrong.',
  ),
} as const satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof errors;

/** `problem` reads on after the name of the place. */
export interface PlacedFault {
  at: string;
  problem: string;
  /** The same for readers of other languages, where there is a code for it. */
  why?: Reason;
  /** Of a table: `at` in parts. `column` is null for a whole line, `value` shortened. */
  line?: number;
  column?: string | null;
  value?: string;
}

export class EvenkeelError extends Error {
  readonly code: ErrorCode;
  readonly status: number;
  readonly hint: string;
  readonly retryable: boolean;
  /** Where in what was sent the faults lie: `disk-space.when.all.0.clear`. */
  readonly faults: readonly PlacedFault[];
  /** What the message says of the cause, for readers of other languages. */
  readonly why: readonly Reason[];

  constructor(
    code: ErrorCode,
    values: Record<string, string | number> = {},
    cause?: unknown,
    faults: readonly PlacedFault[] = [],
    why: readonly Reason[] = [],
  ) {
    const entry = errors[code];
    // Values come from outside, and messages go to logs and terminals. Faults have a line each.
    const shown = (name: string) => (name === 'faults' ? escapedLines : escaped)(String(values[name] ?? '?'));
    const fill = (text: string) =>
      text.replace(/\{(\w+)\}(\.?)/g, (_, name: string, stop: string) =>
        stop === '' ? shown(name) : sentence(shown(name)),
      );
    super(fill(entry.message), cause === undefined ? undefined : { cause });
    this.name = 'EvenkeelError';
    this.code = code;
    this.status = entry.status;
    this.hint = fill(entry.hint);
    this.retryable = entry.retryable;
    this.faults = faults;
    this.why = why;
  }
}

/** Makes the error `code`, with its values filled in. Use as `throw fail('NOT_FOUND', { what: 'ticket', id })`. */
export function fail(
  code: ErrorCode,
  values: Record<string, string | number> = {},
  cause?: unknown,
  faults: readonly PlacedFault[] = [],
): EvenkeelError {
  // What is not there has one sentence, whatever it is.
  const why = code === 'NOT_FOUND' ? [{ code: 'not_there', params: { id: String(values.id ?? '?') } }] : [];
  return new EvenkeelError(code, values, cause, faults, why);
}

/** Of an error of ours: by it, pages have words of their language for it. */
export const codeOf = (thrown: unknown): ErrorCode | null => (thrown instanceof EvenkeelError ? thrown.code : null);

/** The text of anything that was thrown. */
export function reasonOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
