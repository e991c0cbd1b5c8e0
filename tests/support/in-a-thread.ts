// Stryker runs tests in a thread, which must not set the mode of the files that its process makes.
process.umask = () => 0
