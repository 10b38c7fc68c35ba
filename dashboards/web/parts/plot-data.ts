/** What is drawn into a plot. */
import type { UsualBand } from '../../../shared/usual.ts';
import type { Aligned, PointColumn } from '../time/points.ts';

export interface PlotLink {
  /** Where a click leads. */
  href: string;
  title: string;
}

export interface Diamond extends PlotLink {
  at: number;
}

export interface AlertBar extends PlotLink {
  from: number;
  /** null: it goes on. */
  to: number | null;
  severity: 'info' | 'warning' | 'critical';
}

/** A level to compare with, such as the limit of a rule. */
export interface LimitLine {
  value: number;
  label: string;
  severity: AlertBar['severity'];
}

export interface PlotData {
  aligned: Aligned;
  /** Of a week before, on the same times. */
  before: readonly PointColumn[];
  from: number;
  to: number;
  /** Until when data can be expected. */
  asOf: number;
  step: number;
  /** How often values come at the latest, ms; 0: with each step. */
  due: number;
  /** What the axis ends at, such as the size of a memory; null: it ends above the values. */
  full: number | null;
  limits: readonly LimitLine[];
  alerts: readonly AlertBar[];
  /** Moments worth a vertical line, ms. */
  marks: readonly number[];
  /** Time under maintenance. */
  bands: readonly { start: number; end: number }[];
  /** Work on the machine. */
  diamonds: readonly Diamond[];
  /** What these hours of the week have been. */
  usual: readonly UsualBand[];
}
