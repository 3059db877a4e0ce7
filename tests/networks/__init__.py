"""Every network from connecting to disconnecting, over HTTP, before its copy in the sandbox."""
