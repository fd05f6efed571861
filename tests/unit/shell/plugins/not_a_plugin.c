/* A shared object like any other. */
int needed_by_others(void);
int needed_by_others(void) {
  return 1;
}
