/** States as shape, colour and word together. */
import type { ComponentChildren } from 'preact';
import type { EndpointRow } from '../../../shared/api.ts';
import { type Level, worstOf } from '../../../shared/level.ts';
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

const plainIcons = { ok: 'ok', info: 'info', unknown: 'unknown', idle: 'never' } as const;

interface LevelMarkProps {
  /** Its active alert level: the colour and the sign. */
  level: Level | null;
  /** Its look without an alert; never a warning. */
  else: keyof typeof plainIcons;
  children: ComponentChildren;
}

export function LevelMark({ level, else: plain, children }: LevelMarkProps) {
  return (
    <Mark tone={level ?? plain} icon={level ?? plainIcons[plain]}>
      {children}
    </Mark>
  );
}

const stateTones = { online: 'ok', offline: 'idle', lost: 'unknown', unknown: 'unknown', never: 'unknown' } as const;

/** In the colour of the alert about its missing reports. */
export function StateMark({ row }: { row: Pick<EndpointRow, 'state' | 'attention'> }) {
  const { state } = row;
  return (
    <Mark tone={worstOf(row, 'endpoint.silent') ?? stateTones[state]} icon={state}>
      {t(`state.${state}`)}
    </Mark>
  );
}

export function SeverityMark({ severity, chip = false }: { severity: Level; chip?: boolean }) {
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

const backupPlain: Partial<Record<BackupState, keyof typeof plainIcons>> = {
  ok: 'ok',
  running: 'info',
  unknown: 'unknown',
};

export function BackupMark({ state, level }: { state: BackupState; level: Level | null }) {
  return (
    <LevelMark level={level} else={backupPlain[state] ?? 'idle'}>
      {t(`backup.state.${state}`)}
    </LevelMark>
  );
}

interface TruthProps {
  value: boolean | null;
  /** Which of yes and no is the good one; the other one is as bad as `level`. */
  good?: boolean;
  level?: Level | null;
}

/** Yes, no, or unknown with a word for each. */
export function Truth({ value, good, level = null }: TruthProps) {
  if (value === null) {
    return (
      <LevelMark level={level} else="unknown">
        {t('common.unknown')}
      </LevelMark>
    );
  }
  const word = value ? t('common.yes') : t('common.no');
  if (good === undefined) return <span>{word}</span>;
  return (
    <LevelMark level={value === good ? null : level} else={value === good ? 'ok' : 'idle'}>
      {word}
    </LevelMark>
  );
}
