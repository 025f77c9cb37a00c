declare module "idiomorph" {
  export const Idiomorph: {
    morph(target: Element, fresh: unknown, options: Record<string, unknown>): Node[] | undefined;
  };
}
