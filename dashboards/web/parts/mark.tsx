/** States as shape, colour and word together. */
import type { ComponentChildren } from 'preact';
import type { EndpointRow } from '../../../shared/api.ts';
import { t } from '../words/words.ts';
import { Icon, type IconName } from './icon.tsx';

export type Tone = 'ok' | 'warning' | 'critical' | 'info' | 'unknown' | 'idle';

interface MarkProps {
  tone: Tone;
  icon: IconName;
  children: ComponentChildren;
  chip?: boolean;
}

export function Mark({ tone, icon, children, chip = false }: MarkProps) {
  return (
    <span class={`${chip ? 'chip' : 'mark'} tone-${tone}`}>
      <Icon name={icon} />
      <span>{children}</span>
    </span>
  );
}

const stateTones = { online: 'ok', offline: 'idle', lost: 'critical', unknown: 'unknown', never: 'unknown' } as const;

export function StateMark({ state, chip = false }: { state: EndpointRow['state']; chip?: boolean }) {
  return (
    <Mark tone={stateTones[state]} icon={state} chip={chip}>
      {t(`state.${state}`)}
    </Mark>
  );
}

export type Severity = 'info' | 'warning' | 'critical';

export function SeverityMark({ severity, chip = false }: { severity: Severity; chip?: boolean }) {
  return (
    <Mark tone={severity} icon={severity} chip={chip}>
      {t(`severity.${severity}`)}
    </Mark>
  );
}

const healthIcons = { ok: 'ok', warning: 'warning', critical: 'critical', unknown: 'unknown' } as const;

export function HealthMark({ status }: { status: keyof typeof healthIcons }) {
  return (
    <Mark tone={status} icon={healthIcons[status]}>
      {t(`health.${status}`)}
    </Mark>
  );
}

export type BackupState = EndpointRow['backup']['state'];

const backupLook: Record<BackupState, [Tone, IconName]> = {
  ok: ['ok', 'ok'],
  late: ['warning', 'warning'],
  failed: ['critical', 'critical'],
  warning: ['warning', 'warning'],
  running: ['info', 'info'],
  never: ['critical', 'critical'],
  none: ['warning', 'warning'],
  unknown: ['unknown', 'unknown'],
};

export function BackupMark({ state }: { state: BackupState }) {
  const [tone, icon] = backupLook[state];
  return (
    <Mark tone={tone} icon={icon}>
      {t(`backup.state.${state}`)}
    </Mark>
  );
}

/** Yes, no, or unknown with a word for each; `good` says which of yes and no is the good one. */
export function Truth({ value, good }: { value: boolean | null; good?: boolean }) {
  if (value === null) {
    return (
      <Mark tone="unknown" icon="unknown">
        {t('common.unknown')}
      </Mark>
    );
  }
  const word = value ? t('common.yes') : t('common.no');
  if (good === undefined) return <span>{word}</span>;
  return (
    <Mark tone={value === good ? 'ok' : 'warning'} icon={value === good ? 'ok' : 'warning'}>
      {word}
    </Mark>
  );
}
