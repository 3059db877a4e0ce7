"""Services, storage and the publisher; knows nothing of pages."""
