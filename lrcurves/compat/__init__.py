"""The names, arguments and quirks of other libraries, as schedules of this one."""
