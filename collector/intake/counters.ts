/** Counters of the intake, for `/metrics`: whatever is refused or dropped is counted. */
import { Counter, Gauge, type Registry } from 'prom-client';

export function createIntakeCounters(registry: Registry) {
  const counter = <L extends string>(name: string, help: string, labelNames: L[] = []) =>
    new Counter({ name: `evenkeel_intake_${name}`, help, labelNames, registers: [registry] });
  const gauge = (name: string, help: string) =>
    new Gauge({ name: `evenkeel_intake_${name}`, help, registers: [registry] });
  const messages = counter('messages_total', 'Messages taken from agents, by topic', ['topic']);
  return {
    report: messages.labels('report'),
    backlog: messages.labels('backlog'),
    presence: messages.labels('presence'),
    inventory: messages.labels('inventory'),
    ask: messages.labels('ask'),
    applied: messages.labels('applied'),
    duplicates: counter('duplicates_total', 'Messages that were stored already and were acknowledged again'),
    conflicts: counter('conflicts_total', 'Messages refused because their number had brought another content'),
    clones: counter('clones_total', 'Sign-ons that prove two machines under one identity'),
    refused: new Counter({
      name: 'evenkeel_mqtt_refused_total',
      help: 'Connections, publications and subscriptions refused at the port of MQTT, by reason',
      labelNames: ['reason'],
      registers: [registry],
    }),
    quarantined: counter('quarantined_total', 'Messages or parts of them put aside, by error code', ['code']),
    droppedFields: counter('dropped_fields_total', 'Values dropped while the rest was stored, by reason', ['reason']),
    correctedTimes: counter('corrected_times_total', 'Reports whose times were corrected or clipped'),
    lostReports: counter('lost_reports_total', 'Reports that agents declared lost'),
    acks: counter('acks_total', 'Ack messages sent'),
    droppedAcks: counter('dropped_acks_total', 'Ack messages not sent because the agent does not read'),
    skippedEvaluations: counter('skipped_evaluations_total', 'Live reports not evaluated because newer ones waited'),
    failedSteps: counter('failed_steps_total', 'Errors inside the collector on the road of a report', ['step']),
    held: counter('held_seconds_total', 'How long endpoints beyond a budget waited, by budget', ['budget']),
    floods: gauge('floods', 'Endpoints beyond a budget in the last ten seconds'),
    connections: gauge('connections', 'Agents connected'),
    waiting: gauge('waiting_messages', 'Messages received and not yet durable'),
    waitingBytes: gauge('waiting_bytes', 'Their bytes'),
  };
}

export type IntakeCounters = ReturnType<typeof createIntakeCounters>;
